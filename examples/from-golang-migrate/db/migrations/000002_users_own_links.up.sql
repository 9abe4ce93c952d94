BEGIN;

CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email text NOT NULL UNIQUE
);

INSERT INTO users (email) VALUES ('legacy@example.com');

ALTER TABLE links ADD COLUMN user_id bigint REFERENCES users (id);
UPDATE links SET user_id = (SELECT id FROM users WHERE email = 'legacy@example.com');
ALTER TABLE links ALTER COLUMN user_id SET NOT NULL;

COMMIT;
