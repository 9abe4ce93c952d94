CREATE FUNCTION free_places(crossing bigint) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT f.cars - c.booked FROM crossings c JOIN ferries f ON f.id = c.ferry_id WHERE c.id = crossing;
$$;
