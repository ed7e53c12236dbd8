// The tables that segments are written against. Import them from here or from 'segflow/schema': they are the same.
export { campaigns, events, messages, runs, segmentMembers, segments, users } from 'segflow/schema';
