//! The tables of other tools: what a script records as the tool would, what it makes of what the tool recorded, and what
//! it refuses. The rows are those of the tools' own runs, but for times and people; `make peers` has the tools say so.

mod refused;
mod rows;
mod silent;
mod stamped;
mod taken;

use super::made::run;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// A tree in `examples/`, and the table of the tool that it is for.
#[derive(Debug, Clone, Copy)]
struct Tool {
    example: &'static str,
    layout: &'static str,
    /// What of the table is the same in every run, in the order in which it was written.
    rows: &'static str,
}

const GOOSE: Tool = Tool {
    example: "from-goose",
    layout: "auto",
    rows: "SELECT version_id, is_applied FROM goose_db_version ORDER BY id",
};
const GOLANG_MIGRATE: Tool = Tool {
    example: "from-golang-migrate",
    layout: "auto",
    rows: "SELECT version, dirty FROM schema_migrations",
};
const DIESEL: Tool = Tool {
    example: "from-diesel",
    layout: "auto",
    rows: "SELECT version FROM __diesel_schema_migrations ORDER BY run_on",
};
const SQLX: Tool = Tool {
    example: "from-sqlx",
    layout: "auto",
    rows: "SELECT version, description, success, encode(checksum, 'hex'), execution_time FROM _sqlx_migrations ORDER BY installed_on",
};
const DBMATE: Tool = Tool {
    example: "from-dbmate",
    layout: "auto",
    rows: "SELECT version FROM schema_migrations ORDER BY 1",
};
const SQL_MIGRATE: Tool = Tool {
    example: "from-sql-migrate",
    layout: "auto",
    rows: "SELECT id, applied_at IS NULL FROM gorp_migrations ORDER BY applied_at",
};
const NODE_PG_MIGRATE: Tool = Tool {
    example: "from-node-pg-migrate",
    layout: "auto",
    rows: "SELECT name FROM pgmigrations ORDER BY run_on, id",
};
const TERN: Tool = Tool {
    example: "from-tern",
    layout: "auto",
    rows: "SELECT version FROM schema_version",
};
const GRAPHILE_MIGRATE: Tool = Tool {
    example: "from-graphile-migrate",
    layout: "auto",
    rows: "SELECT filename, hash, previous_hash FROM graphile_migrate.migrations ORDER BY date",
};
const REFINERY: Tool = Tool {
    example: "from-refinery",
    layout: "refinery",
    rows: "SELECT version, name, checksum FROM refinery_schema_history ORDER BY applied_on",
};
const PRISMA: Tool = Tool {
    example: "from-prisma",
    layout: "auto",
    rows: "SELECT migration_name, checksum, applied_steps_count, rolled_back_at FROM _prisma_migrations ORDER BY started_at",
};
const SUPABASE: Tool = Tool {
    example: "from-supabase",
    layout: "supabase",
    rows: "SELECT version, name FROM supabase_migrations.schema_migrations ORDER BY version",
};
const DRIZZLE: Tool = Tool {
    example: "from-drizzle",
    layout: "auto",
    rows: "SELECT id, hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id",
};
const FLYWAY: Tool = Tool {
    example: "from-flyway",
    layout: "auto",
    rows: "SELECT installed_rank, version, description, type, script, checksum, success FROM flyway_schema_history ORDER BY 1",
};
const LIQUIBASE: Tool = Tool {
    example: "from-liquibase",
    layout: "auto",
    rows: "SELECT id, author, filename, orderexecuted, exectype, md5sum, description, comments, tag, contexts, labels \
           FROM databasechangelog ORDER BY orderexecuted",
};
const SQITCH: Tool = Tool {
    example: "from-sqitch",
    layout: "auto",
    rows: "SELECT change_id, script_hash, change, project, note, planned_at AT TIME ZONE 'UTC', planner_name, planner_email \
           FROM sqitch.changes ORDER BY committed_at",
};

/// Those that record each revision, and can be told to have only some.
const ALL: [Tool; 16] = [
    GOOSE,
    GOLANG_MIGRATE,
    DIESEL,
    SQLX,
    DBMATE,
    SQL_MIGRATE,
    NODE_PG_MIGRATE,
    TERN,
    GRAPHILE_MIGRATE,
    REFINERY,
    PRISMA,
    SUPABASE,
    DRIZZLE,
    FLYWAY,
    LIQUIBASE,
    SQITCH,
];

impl Tool {
    fn project(self) -> Project {
        Project::copy_of(&format!("examples/{}", self.example))
    }

    /// `signoff WORDS` on the example's tree.
    #[track_caller]
    fn script(self, words: &[&str]) -> String {
        self.of(&self.project(), words)
    }

    /// The same on a project that was made from it.
    #[track_caller]
    fn of(self, project: &Project, words: &[&str]) -> String {
        let tree = ["--path", "db/migrations", "--layout", self.layout];
        let outcome = project.run(&[words, &tree].concat());
        outcome.success().stdout.clone()
    }

    /// A database on which the whole tree was run.
    #[track_caller]
    fn upgraded(self) -> Database {
        let database = Database::create();
        run(&database, &self.script(&["upgrade"]));
        database
    }

    #[track_caller]
    fn rows(self, database: &Database) -> String {
        database.query(self.rows)
    }
}

/// Forgets what is on our own record, as where the tool alone brought a database to where it is.
#[track_caller]
fn forget(database: &Database) {
    run(database, "DROP TABLE signoff_revision, signoff_event;");
}
