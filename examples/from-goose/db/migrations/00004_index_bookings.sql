-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY bookings_room_starts ON bookings (room_id, starts_at);

-- +goose Down
DROP INDEX CONCURRENTLY bookings_room_starts;
