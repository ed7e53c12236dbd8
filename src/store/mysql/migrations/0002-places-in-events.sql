-- Where a run and a mark stand in the user's sequence of events. Until now the clock decided which events came
-- after; a run in flight has passed what is stored by now, as it was told of it.

alter table runs
  add column entry_after_event bigint not null default 0,
  add column after_event bigint not null default 0,
  add column after_time bigint;

update runs set entry_after_event = coalesce(entry_event_id, (select max(events.id) from events
  where events.user_id = runs.user_id and events.created_at < runs.entered_at), 0) where ended_at is null;

update runs set after_event = (select coalesce(max(id), 0) from events) where ended_at is null;

alter table dirty_users add column after_event bigint not null default 0;

update dirty_users set after_event = (select coalesce(max(id), 0) from events);
