ALTER TABLE hives ADD COLUMN honey_kg numeric(6, 2) NOT NULL DEFAULT 0;

CREATE FUNCTION worst_hive() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT h.name FROM hives h JOIN inspections i ON i.hive_id = h.id
     ORDER BY i.mites DESC, i.seen_at DESC LIMIT 1;
$$;
