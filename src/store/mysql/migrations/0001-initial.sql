-- The tables of the first release. They are those of the embedded store; where that has a partial index,
-- this has an index that leads with the column in question. Ids and names compare byte by byte (they neither
-- begin nor end with blanks).

create table if not exists instance (
  id char(32) not null primary key,
  activation varchar(64) not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

insert into instance (id, activation) select lower(hex(random_bytes(16))), '' from dual where not exists (select 1 from instance);

create table if not exists instance_state (
  name varchar(64) not null primary key,
  value mediumtext not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists users (
  id varchar(255) not null primary key,
  attributes json not null,
  created_at datetime(3) not null,
  updated_at datetime(3) not null,
  slot int not null,
  key users_slot (slot, id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists events (
  id bigint not null auto_increment primary key,
  name varchar(128) not null,
  user_id varchar(255) not null,
  created_at datetime(3) not null,
  attributes json not null,
  message_id varchar(255),
  key events_user (user_id, name, created_at),
  key events_name (name, created_at),
  unique key events_message (user_id, message_id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists segments (
  id varchar(128) not null primary key,
  query mediumtext not null,
  time_dependent tinyint not null,
  deployment_id varchar(40) not null,
  evaluated_at datetime(3)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists segment_members (
  segment_id varchar(128) not null,
  user_id varchar(255) not null,
  since datetime(3) not null,
  primary key (segment_id, user_id),
  key segment_members_user (user_id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists campaigns (
  id varchar(128) not null primary key,
  behavior varchar(16) not null,
  deployment_id varchar(40) not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists runs (
  id bigint not null auto_increment primary key,
  campaign_id varchar(128) not null,
  user_id varchar(255) not null,
  entry int not null,
  status varchar(16) not null,
  deployment_id varchar(40) not null,
  entered_at datetime(3) not null,
  ended_at datetime(3),
  wake_at bigint,
  awaits mediumtext,
  pinned tinyint not null default 0,
  entry_event_id bigint,
  converted_at datetime(3),
  position int not null,
  journal mediumtext not null,
  chunks int not null,
  journal_hash char(14) not null,
  reason text,
  slot int not null,
  unique key runs_entry (user_id, campaign_id, entry),
  key runs_due (wake_at, id, slot, campaign_id),
  key runs_live (ended_at, campaign_id),
  key runs_status (status, campaign_id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists messages (
  id varchar(40) not null primary key,
  user_id varchar(255) not null,
  template varchar(128) not null,
  campaign_id varchar(128),
  run_id bigint,
  position int,
  event_id bigint,
  deployment_id varchar(40) not null,
  status varchar(16) not null,
  priority int not null default 0,
  options mediumtext,
  to_address varchar(320),
  subject text,
  attempts int not null,
  next_attempt_at bigint,
  provider_id varchar(128),
  reason text,
  created_at datetime(3) not null,
  sent_at datetime(3),
  slot int not null,
  unique key messages_step (run_id, position),
  unique key messages_event (event_id, template),
  key messages_user (user_id, created_at),
  key messages_created (created_at),
  key messages_due (priority, next_attempt_at, id, slot, campaign_id),
  key messages_status (status, priority, slot)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists deployments (
  id varchar(40) not null primary key,
  code longtext not null,
  environment longtext not null,
  manifest json not null,
  origin json not null,
  created_at datetime(3) not null,
  activated_at datetime(3),
  key deployments_activated (activated_at),
  key deployments_created (created_at)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists pauses (
  campaign_id varchar(128) not null primary key,
  reason text not null,
  paused_at datetime(3) not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists dirty_users (
  user_id varchar(255) not null,
  cause varchar(144) not null,
  slot int not null,
  first_seq bigint not null,
  seq bigint not null,
  primary key (user_id, cause),
  key dirty_users_first (first_seq, slot)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists sweeps (
  slot int not null primary key,
  sweep int not null,
  after varchar(255) not null,
  done tinyint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

insert ignore into sweeps (slot, sweep, after, done) values (0, 0, '', 1), (1, 0, '', 1), (2, 0, '', 1), (3, 0, '', 1), (4, 0, '', 1), (5, 0, '', 1), (6, 0, '', 1), (7, 0, '', 1), (8, 0, '', 1), (9, 0, '', 1), (10, 0, '', 1), (11, 0, '', 1), (12, 0, '', 1), (13, 0, '', 1), (14, 0, '', 1), (15, 0, '', 1), (16, 0, '', 1), (17, 0, '', 1), (18, 0, '', 1), (19, 0, '', 1), (20, 0, '', 1), (21, 0, '', 1), (22, 0, '', 1), (23, 0, '', 1), (24, 0, '', 1), (25, 0, '', 1), (26, 0, '', 1), (27, 0, '', 1), (28, 0, '', 1), (29, 0, '', 1), (30, 0, '', 1), (31, 0, '', 1), (32, 0, '', 1), (33, 0, '', 1), (34, 0, '', 1), (35, 0, '', 1), (36, 0, '', 1), (37, 0, '', 1), (38, 0, '', 1), (39, 0, '', 1), (40, 0, '', 1), (41, 0, '', 1), (42, 0, '', 1), (43, 0, '', 1), (44, 0, '', 1), (45, 0, '', 1), (46, 0, '', 1), (47, 0, '', 1), (48, 0, '', 1), (49, 0, '', 1), (50, 0, '', 1), (51, 0, '', 1), (52, 0, '', 1), (53, 0, '', 1), (54, 0, '', 1), (55, 0, '', 1), (56, 0, '', 1), (57, 0, '', 1), (58, 0, '', 1), (59, 0, '', 1), (60, 0, '', 1), (61, 0, '', 1), (62, 0, '', 1), (63, 0, '', 1), (64, 0, '', 1), (65, 0, '', 1), (66, 0, '', 1), (67, 0, '', 1), (68, 0, '', 1), (69, 0, '', 1), (70, 0, '', 1), (71, 0, '', 1), (72, 0, '', 1), (73, 0, '', 1), (74, 0, '', 1), (75, 0, '', 1), (76, 0, '', 1), (77, 0, '', 1), (78, 0, '', 1), (79, 0, '', 1), (80, 0, '', 1), (81, 0, '', 1), (82, 0, '', 1), (83, 0, '', 1), (84, 0, '', 1), (85, 0, '', 1), (86, 0, '', 1), (87, 0, '', 1), (88, 0, '', 1), (89, 0, '', 1), (90, 0, '', 1), (91, 0, '', 1), (92, 0, '', 1), (93, 0, '', 1), (94, 0, '', 1), (95, 0, '', 1), (96, 0, '', 1), (97, 0, '', 1), (98, 0, '', 1), (99, 0, '', 1), (100, 0, '', 1), (101, 0, '', 1), (102, 0, '', 1), (103, 0, '', 1), (104, 0, '', 1), (105, 0, '', 1), (106, 0, '', 1), (107, 0, '', 1), (108, 0, '', 1), (109, 0, '', 1), (110, 0, '', 1), (111, 0, '', 1), (112, 0, '', 1), (113, 0, '', 1), (114, 0, '', 1), (115, 0, '', 1), (116, 0, '', 1), (117, 0, '', 1), (118, 0, '', 1), (119, 0, '', 1), (120, 0, '', 1), (121, 0, '', 1), (122, 0, '', 1), (123, 0, '', 1), (124, 0, '', 1), (125, 0, '', 1), (126, 0, '', 1), (127, 0, '', 1), (128, 0, '', 1), (129, 0, '', 1), (130, 0, '', 1), (131, 0, '', 1), (132, 0, '', 1), (133, 0, '', 1), (134, 0, '', 1), (135, 0, '', 1), (136, 0, '', 1), (137, 0, '', 1), (138, 0, '', 1), (139, 0, '', 1), (140, 0, '', 1), (141, 0, '', 1), (142, 0, '', 1), (143, 0, '', 1), (144, 0, '', 1), (145, 0, '', 1), (146, 0, '', 1), (147, 0, '', 1), (148, 0, '', 1), (149, 0, '', 1), (150, 0, '', 1), (151, 0, '', 1), (152, 0, '', 1), (153, 0, '', 1), (154, 0, '', 1), (155, 0, '', 1), (156, 0, '', 1), (157, 0, '', 1), (158, 0, '', 1), (159, 0, '', 1), (160, 0, '', 1), (161, 0, '', 1), (162, 0, '', 1), (163, 0, '', 1), (164, 0, '', 1), (165, 0, '', 1), (166, 0, '', 1), (167, 0, '', 1), (168, 0, '', 1), (169, 0, '', 1), (170, 0, '', 1), (171, 0, '', 1), (172, 0, '', 1), (173, 0, '', 1), (174, 0, '', 1), (175, 0, '', 1), (176, 0, '', 1), (177, 0, '', 1), (178, 0, '', 1), (179, 0, '', 1), (180, 0, '', 1), (181, 0, '', 1), (182, 0, '', 1), (183, 0, '', 1), (184, 0, '', 1), (185, 0, '', 1), (186, 0, '', 1), (187, 0, '', 1), (188, 0, '', 1), (189, 0, '', 1), (190, 0, '', 1), (191, 0, '', 1), (192, 0, '', 1), (193, 0, '', 1), (194, 0, '', 1), (195, 0, '', 1), (196, 0, '', 1), (197, 0, '', 1), (198, 0, '', 1), (199, 0, '', 1), (200, 0, '', 1), (201, 0, '', 1), (202, 0, '', 1), (203, 0, '', 1), (204, 0, '', 1), (205, 0, '', 1), (206, 0, '', 1), (207, 0, '', 1), (208, 0, '', 1), (209, 0, '', 1), (210, 0, '', 1), (211, 0, '', 1), (212, 0, '', 1), (213, 0, '', 1), (214, 0, '', 1), (215, 0, '', 1), (216, 0, '', 1), (217, 0, '', 1), (218, 0, '', 1), (219, 0, '', 1), (220, 0, '', 1), (221, 0, '', 1), (222, 0, '', 1), (223, 0, '', 1), (224, 0, '', 1), (225, 0, '', 1), (226, 0, '', 1), (227, 0, '', 1), (228, 0, '', 1), (229, 0, '', 1), (230, 0, '', 1), (231, 0, '', 1), (232, 0, '', 1), (233, 0, '', 1), (234, 0, '', 1), (235, 0, '', 1), (236, 0, '', 1), (237, 0, '', 1), (238, 0, '', 1), (239, 0, '', 1), (240, 0, '', 1), (241, 0, '', 1), (242, 0, '', 1), (243, 0, '', 1), (244, 0, '', 1), (245, 0, '', 1), (246, 0, '', 1), (247, 0, '', 1), (248, 0, '', 1), (249, 0, '', 1), (250, 0, '', 1), (251, 0, '', 1), (252, 0, '', 1), (253, 0, '', 1), (254, 0, '', 1), (255, 0, '', 1);

create table if not exists idempotency_keys (
  `key` varchar(255) not null primary key,
  request_hash char(64) not null,
  response longtext not null,
  created_at datetime(3) not null,
  key idempotency_keys_created (created_at)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists journal_chunks (
  run_id bigint not null,
  chunk int not null,
  data mediumblob not null,
  primary key (run_id, chunk)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists counters (
  name varchar(144) not null,
  shard int not null,
  value bigint not null,
  primary key (name, shard)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists nodes (
  id varchar(64) not null primary key,
  name varchar(255) not null,
  started_at datetime(3) not null,
  expires_at datetime(3) not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

create table if not exists slots (
  slot int not null primary key,
  owner varchar(64),
  epoch bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin;

insert ignore into slots (slot, owner, epoch) values (0, null, 0), (1, null, 0), (2, null, 0), (3, null, 0), (4, null, 0), (5, null, 0), (6, null, 0), (7, null, 0), (8, null, 0), (9, null, 0), (10, null, 0), (11, null, 0), (12, null, 0), (13, null, 0), (14, null, 0), (15, null, 0), (16, null, 0), (17, null, 0), (18, null, 0), (19, null, 0), (20, null, 0), (21, null, 0), (22, null, 0), (23, null, 0), (24, null, 0), (25, null, 0), (26, null, 0), (27, null, 0), (28, null, 0), (29, null, 0), (30, null, 0), (31, null, 0), (32, null, 0), (33, null, 0), (34, null, 0), (35, null, 0), (36, null, 0), (37, null, 0), (38, null, 0), (39, null, 0), (40, null, 0), (41, null, 0), (42, null, 0), (43, null, 0), (44, null, 0), (45, null, 0), (46, null, 0), (47, null, 0), (48, null, 0), (49, null, 0), (50, null, 0), (51, null, 0), (52, null, 0), (53, null, 0), (54, null, 0), (55, null, 0), (56, null, 0), (57, null, 0), (58, null, 0), (59, null, 0), (60, null, 0), (61, null, 0), (62, null, 0), (63, null, 0), (64, null, 0), (65, null, 0), (66, null, 0), (67, null, 0), (68, null, 0), (69, null, 0), (70, null, 0), (71, null, 0), (72, null, 0), (73, null, 0), (74, null, 0), (75, null, 0), (76, null, 0), (77, null, 0), (78, null, 0), (79, null, 0), (80, null, 0), (81, null, 0), (82, null, 0), (83, null, 0), (84, null, 0), (85, null, 0), (86, null, 0), (87, null, 0), (88, null, 0), (89, null, 0), (90, null, 0), (91, null, 0), (92, null, 0), (93, null, 0), (94, null, 0), (95, null, 0), (96, null, 0), (97, null, 0), (98, null, 0), (99, null, 0), (100, null, 0), (101, null, 0), (102, null, 0), (103, null, 0), (104, null, 0), (105, null, 0), (106, null, 0), (107, null, 0), (108, null, 0), (109, null, 0), (110, null, 0), (111, null, 0), (112, null, 0), (113, null, 0), (114, null, 0), (115, null, 0), (116, null, 0), (117, null, 0), (118, null, 0), (119, null, 0), (120, null, 0), (121, null, 0), (122, null, 0), (123, null, 0), (124, null, 0), (125, null, 0), (126, null, 0), (127, null, 0), (128, null, 0), (129, null, 0), (130, null, 0), (131, null, 0), (132, null, 0), (133, null, 0), (134, null, 0), (135, null, 0), (136, null, 0), (137, null, 0), (138, null, 0), (139, null, 0), (140, null, 0), (141, null, 0), (142, null, 0), (143, null, 0), (144, null, 0), (145, null, 0), (146, null, 0), (147, null, 0), (148, null, 0), (149, null, 0), (150, null, 0), (151, null, 0), (152, null, 0), (153, null, 0), (154, null, 0), (155, null, 0), (156, null, 0), (157, null, 0), (158, null, 0), (159, null, 0), (160, null, 0), (161, null, 0), (162, null, 0), (163, null, 0), (164, null, 0), (165, null, 0), (166, null, 0), (167, null, 0), (168, null, 0), (169, null, 0), (170, null, 0), (171, null, 0), (172, null, 0), (173, null, 0), (174, null, 0), (175, null, 0), (176, null, 0), (177, null, 0), (178, null, 0), (179, null, 0), (180, null, 0), (181, null, 0), (182, null, 0), (183, null, 0), (184, null, 0), (185, null, 0), (186, null, 0), (187, null, 0), (188, null, 0), (189, null, 0), (190, null, 0), (191, null, 0), (192, null, 0), (193, null, 0), (194, null, 0), (195, null, 0), (196, null, 0), (197, null, 0), (198, null, 0), (199, null, 0), (200, null, 0), (201, null, 0), (202, null, 0), (203, null, 0), (204, null, 0), (205, null, 0), (206, null, 0), (207, null, 0), (208, null, 0), (209, null, 0), (210, null, 0), (211, null, 0), (212, null, 0), (213, null, 0), (214, null, 0), (215, null, 0), (216, null, 0), (217, null, 0), (218, null, 0), (219, null, 0), (220, null, 0), (221, null, 0), (222, null, 0), (223, null, 0), (224, null, 0), (225, null, 0), (226, null, 0), (227, null, 0), (228, null, 0), (229, null, 0), (230, null, 0), (231, null, 0), (232, null, 0), (233, null, 0), (234, null, 0), (235, null, 0), (236, null, 0), (237, null, 0), (238, null, 0), (239, null, 0), (240, null, 0), (241, null, 0), (242, null, 0), (243, null, 0), (244, null, 0), (245, null, 0), (246, null, 0), (247, null, 0), (248, null, 0), (249, null, 0), (250, null, 0), (251, null, 0), (252, null, 0), (253, null, 0), (254, null, 0), (255, null, 0);
