-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION seats_booked(at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    total bigint;
BEGIN
    SELECT coalesce(sum(r.seats), 0) INTO total
      FROM rooms r JOIN bookings b ON b.room_id = r.id
     WHERE at >= b.starts_at AND at < b.ends_at;
    RETURN total;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION seats_booked(timestamptz);
