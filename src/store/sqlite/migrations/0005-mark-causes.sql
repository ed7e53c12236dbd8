-- What a user is marked for, in two columns: `cause` of a closed set (DirtyCause in src/engine/ports/users.ts), and the
-- `subject`: the event's name, the segment's id. Until now one text: 'user', 'event:NAME' or 'segment:ID'.

create table dirty_users_2 (
  user_id text not null,
  cause text not null,
  subject text not null,
  slot integer not null,
  first_seq integer not null,
  seq integer not null,
  after_event integer not null,
  primary key (user_id, cause, subject)
) strict, without rowid;

insert into dirty_users_2 (user_id, cause, subject, slot, first_seq, seq, after_event)
  select user_id,
    case when cause = 'user' then 'attributes' when cause like 'event:%' then 'event' else 'segment' end,
    case when cause = 'user' then '' else substr(cause, instr(cause, ':') + 1) end,
    slot, first_seq, seq, after_event
  from dirty_users;

drop table dirty_users;
alter table dirty_users_2 rename to dirty_users;
create index dirty_users_first on dirty_users (first_seq);
