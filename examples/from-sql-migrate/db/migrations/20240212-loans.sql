-- +migrate Up
CREATE TABLE loans (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id bigint NOT NULL REFERENCES members,
    book text NOT NULL,
    due_on date NOT NULL,
    returned_on date
);

-- +migrate Down
DROP TABLE loans;
