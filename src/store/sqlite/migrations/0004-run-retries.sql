-- How often a run was retried. Until now a run that was retried, and not taken up yet, had the reason 'retried'.

alter table runs add column retries integer not null default 0;

update runs set retries = 1, reason = null where status = 'pending' and reason = 'retried';
