-- Up Migration
CREATE TABLE enrolments (
    course_id bigint NOT NULL REFERENCES courses,
    student text NOT NULL,
    PRIMARY KEY (course_id, student)
);

-- Down Migration
DROP TABLE enrolments;
