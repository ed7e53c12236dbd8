-- Who or what paused a campaign, as one of a closed set of values (PauseCause in src/schema).

alter table pauses add column cause varchar(16) not null default 'manual';

update pauses set cause = 'failing' where reason like 'paused by itself: %';

update pauses set cause = 'secret_lost' where reason = 'the secret was lost: push, then resume';
