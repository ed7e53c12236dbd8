-- The tables of the first release.

create table instance (
  id text not null primary key,
  activation text not null
) strict;
insert into instance (id, activation) values (lower(hex(randomblob(16))), '');

create table instance_state (
  name text not null primary key,
  value text not null
) strict;

create table users (
  id text not null primary key,
  attributes text not null,
  created_at text not null,
  updated_at text not null,
  slot integer not null
) strict;
create index users_slot on users (slot, id);

create table events (
  id integer primary key autoincrement,
  name text not null,
  user_id text not null,
  created_at text not null,
  attributes text not null,
  message_id text
) strict;
create index events_user on events (user_id, name, created_at);
create index events_name on events (name, created_at);
create unique index events_message on events (user_id, message_id) where message_id is not null;

create table segments (
  id text not null primary key,
  query text not null,
  time_dependent integer not null,
  deployment_id text not null,
  evaluated_at text
) strict;

create table segment_members (
  segment_id text not null,
  user_id text not null,
  since text not null,
  primary key (segment_id, user_id)
) strict, without rowid;
create index segment_members_user on segment_members (user_id);

create table campaigns (
  id text not null primary key,
  behavior text not null,
  deployment_id text not null
) strict;

create table runs (
  id integer primary key autoincrement,
  campaign_id text not null,
  user_id text not null,
  entry integer not null,
  status text not null,
  deployment_id text not null,
  entered_at text not null,
  ended_at text,
  wake_at integer,
  awaits text,
  pinned integer not null default 0,
  entry_event_id integer,
  converted_at text,
  position integer not null,
  journal text not null,
  chunks integer not null,
  journal_hash text not null,
  reason text,
  slot integer not null
) strict;
create unique index runs_entry on runs (user_id, campaign_id, entry);
create index runs_due on runs (wake_at, id, campaign_id) where wake_at is not null;
create index runs_live on runs (campaign_id, id) where ended_at is null;
create index runs_awaiting on runs (user_id) where awaits is not null;
create index runs_stuck on runs (campaign_id, id) where status in ('blocked', 'failed');

create table messages (
  id text not null primary key,
  user_id text not null,
  template text not null,
  campaign_id text,
  run_id integer,
  position integer,
  event_id integer,
  deployment_id text not null,
  status text not null,
  priority integer not null default 0,
  options text,
  to_address text,
  subject text,
  attempts integer not null,
  next_attempt_at integer,
  provider_id text,
  reason text,
  created_at text not null,
  sent_at text,
  slot integer not null
) strict;
create unique index messages_step on messages (run_id, position) where run_id is not null;
create unique index messages_event on messages (event_id, template) where event_id is not null;
create index messages_user on messages (user_id, created_at, id);
create index messages_created on messages (created_at, id);
create index messages_due on messages (priority, next_attempt_at, id, campaign_id) where next_attempt_at is not null;
create index messages_sending on messages (id) where status = 'sending';

create table deployments (
  id text not null primary key,
  code text not null,
  environment text not null,
  manifest text not null,
  origin text not null default '{}',
  created_at text not null,
  activated_at text
) strict;

create table pauses (
  campaign_id text not null primary key,
  reason text not null,
  paused_at text not null
) strict;

create table dirty_users (
  user_id text not null,
  cause text not null,
  slot integer not null,
  first_seq integer not null,
  seq integer not null,
  primary key (user_id, cause)
) strict, without rowid;
create index dirty_users_first on dirty_users (first_seq);

create table sweeps (
  slot integer not null primary key,
  sweep integer not null,
  after text not null,
  done integer not null
) strict;
insert into sweeps (slot, sweep, after, done)
  with recursive slots (slot) as (values (0) union all select slot + 1 from slots where slot < 255)
  select slot, 0, '', 1 from slots;

create table idempotency_keys (
  key text not null primary key,
  request_hash text not null,
  response text not null,
  created_at text not null
) strict;
create index idempotency_keys_created on idempotency_keys (created_at);

create table journal_chunks (
  run_id integer not null,
  chunk integer not null,
  data blob not null,
  primary key (run_id, chunk)
) strict, without rowid;

create table counters (
  name text not null,
  shard integer not null,
  value integer not null,
  primary key (name, shard)
) strict, without rowid;
