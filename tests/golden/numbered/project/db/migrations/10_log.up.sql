/* The log is append-only; /* really */ */
CREATE TABLE log (at timestamptz NOT NULL DEFAULT now(), line text NOT NULL);
CREATE RULE log_keeps_rows AS ON DELETE TO log DO INSTEAD (INSERT INTO log (line) VALUES ('somebody'); INSERT INTO log (line) VALUES ('deletes'));
INSERT INTO log (line) VALUES ('it''s \d; "begin"'), (E'tab\tand \'quote\'');
