-- Up Migration
CREATE INDEX enrolments_student ON enrolments (student);

-- Down Migration
DROP INDEX enrolments_student;
