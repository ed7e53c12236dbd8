-- Why a run ended, as one of a closed set of values (RunEnding in src/schema). Until now code compared `reason`,
-- which is for people.

alter table runs add column ending text;

update runs set ending = case
  when status = 'failed' then 'failed'
  when status = 'completed' and reason is not null then 'exited'
  when status = 'completed' then 'completed'
  when reason = 'the user left the campaign''s segments' then 'left'
  when reason like 'the user did "%" (exitWhen)' then 'exit_event'
  when reason like 'the user came into the segment "%" (exitWhen)' then 'exit_segment'
  when reason = 'the campaign was removed' then 'removed'
  when reason = 'ended by a deployment (--in-flight=restart)' then 'restarted'
  when reason = 'qualified when the campaign was deployed (--existing=skip)' then 'skipped'
  else 'cancelled'
end
where ended_at is not null;
