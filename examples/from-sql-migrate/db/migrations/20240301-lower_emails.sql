-- +migrate Up
UPDATE members SET email = lower(email) WHERE email <> lower(email);

-- +migrate StatementBegin
CREATE FUNCTION lower_email() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email := lower(NEW.email);
    RETURN NEW;
END
$$;
-- +migrate StatementEnd

CREATE TRIGGER lower_email BEFORE INSERT OR UPDATE ON members FOR EACH ROW EXECUTE FUNCTION lower_email();

-- +migrate Down
DROP TRIGGER lower_email ON members;
DROP FUNCTION lower_email();
