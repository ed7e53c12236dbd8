-- What a user is marked for, in two columns: `cause` of a closed set (DirtyCause in src/engine/ports/users.ts), and the
-- `subject`: the event's name, the segment's id. Until now one text: 'user', 'event:NAME' or 'segment:ID'.

alter table dirty_users add column subject varchar(128) not null default '';

alter table dirty_users drop primary key, add primary key (user_id, cause, subject);

-- Assignments run from left to right, so the first one reads the cause as it was.
update dirty_users set subject = substring(cause, locate(':', cause) + 1), cause = substring_index(cause, ':', 1)
  where cause like 'event:%' or cause like 'segment:%';

update dirty_users set cause = 'attributes' where cause = 'user';
