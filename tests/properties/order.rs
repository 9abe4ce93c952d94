//! The order of revisions comes from what the files say, not from how they are called or in which order they are found.

use proptest::prelude::*;

use crate::cli::{json, migration};
use crate::support::project::Project;

fn id(revision: usize) -> String {
    format!("{:04x}{revision:04}", revision * 7919 % 65_536)
}

/// A tree whose revisions each revise up to two earlier ones, in files with these names.
fn project(parents: &[Vec<prop::sample::Index>], names: &[usize]) -> Project {
    let project = Project::new();
    for (revision, wanted) in parents.iter().enumerate() {
        let mut revises: Vec<String> = wanted
            .iter()
            .filter(|_| revision > 0)
            .map(|parent| id(parent.index(revision.max(1))))
            .collect();
        revises.sort();
        revises.dedup();
        let revises: Vec<&str> = revises.iter().map(String::as_str).collect();
        let text = migration(
            &id(revision),
            &revises,
            "x",
            &format!("SELECT {revision};"),
            "SELECT 0;",
        );
        project.write(
            &format!("migrations/{:03}.sql", names[revision]),
            text.as_bytes(),
        );
    }
    project
}

fn ids(project: &Project) -> Vec<String> {
    let history = project.run_on_a_terminal(&["history", "--json", "--path", "migrations"]);
    let history = json(history.success());
    let revisions = history["revisions"].as_array().expect("a list");
    revisions
        .iter()
        .map(|revision| revision["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// What the upgrade runs, without the lines that name files.
fn statements(project: &Project) -> Vec<String> {
    let script = project.run_on_a_terminal(&["upgrade", "heads", "--path", "migrations"]);
    let script = &script.success().stdout;
    let wanted = script.lines().filter(|line| {
        let number = line
            .strip_prefix("SELECT ")
            .and_then(|rest| rest.strip_suffix(';'));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    });
    wanted.map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(super::cases(24))]

    #[test]
    fn names_of_files_do_not_count(
        (parents, names) in proptest::collection::vec(
            proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
            1..20,
        )
        .prop_flat_map(|parents| {
            let names: Vec<usize> = (0..parents.len()).collect();
            (Just(parents), Just(names).prop_shuffle())
        })
    ) {
        let straight: Vec<usize> = (0..parents.len()).collect();
        let (one, other) = (project(&parents, &straight), project(&parents, &names));
        let order = ids(&one);
        prop_assert_eq!(&order, &ids(&other));
        prop_assert_eq!(order.len(), parents.len());
        let ran = statements(&one);
        prop_assert_eq!(ran.len(), parents.len());
        prop_assert_eq!(ran, statements(&other));
    }
}
