-- What is in force is named by a revision. An activation is a flow being resumed, and nothing else.

alter table instance rename column activation to revision;
