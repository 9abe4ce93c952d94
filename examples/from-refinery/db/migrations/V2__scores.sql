CREATE TABLE scores (
    player_id bigint NOT NULL REFERENCES players,
    points int NOT NULL CHECK (points >= 0),
    scored_at timestamptz NOT NULL DEFAULT now()
);
