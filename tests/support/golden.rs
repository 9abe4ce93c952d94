//! Golden folders: what a case produces, byte by byte, against `tests/golden/<case>/want`.
//!
//! `make golden` (`SIGNOFF_GOLDEN=rewrite`) takes what is produced as the new want; `git diff` is the review.

use std::fmt::Write as _;

use camino::Utf8Path;

use super::project::Project;

/// Bundles the case's project with `signoff bundle`, and compares the one release folder that it writes.
#[track_caller]
pub(crate) fn bundle(case: &str) {
    release(case, &["bundle"], case);
}

/// Bundles a case's project with these words, and compares the release with the want of `wanted`.
#[track_caller]
pub(crate) fn release(case: &str, words: &[&str], wanted: &str) {
    let project = Project::copy_of(&format!("tests/golden/{case}/project"));
    project.run(words).success();
    let out = project.path("out");
    let folders = out.read_dir_utf8().expect("bundle makes out/");
    let folders: Vec<_> = folders
        .map(|entry| entry.expect("out/ is readable").into_path())
        .filter(|path| path.is_dir())
        .collect();
    let [release] = folders.as_slice() else {
        panic!("one release folder expected, not {folders:?}");
    };
    compare(wanted, release);
}

/// Compares a produced folder with the case's want, or rewrites the want.
#[track_caller]
pub(crate) fn compare(case: &str, produced: &Utf8Path) {
    let want = super::root().join("tests/golden").join(case).join("want");
    if std::env::var("SIGNOFF_GOLDEN").as_deref() == Ok("rewrite") {
        rewrite(&want, produced);
        return;
    }
    let report = differences(&want, produced);
    assert!(
        report.is_empty(),
        "{case}: not the golden bundle (`make golden` rewrites it)\n{report}"
    );
}

fn rewrite(want: &Utf8Path, produced: &Utf8Path) {
    if want.exists() {
        std::fs::remove_dir_all(want).expect("the old want can be removed");
    }
    for path in super::all_files(produced) {
        let target = want.join(&path);
        let folder = target.parent().expect("is below want");
        std::fs::create_dir_all(folder).expect("want's folders can be made");
        std::fs::copy(produced.join(&path), target).expect("a produced file can be copied");
    }
}

/// One paragraph for each file that is missing, left over or different. Empty when the folders are the same.
fn differences(want: &Utf8Path, produced: &Utf8Path) -> String {
    let mut report = String::new();
    let wanted = super::all_files(want);
    let made = super::all_files(produced);
    if wanted.is_empty() {
        report += "there is no want yet\n";
    }
    for path in wanted.iter().filter(|path| !made.contains(path)) {
        writeln!(report, "{path}: was not produced").expect("a string takes text");
    }
    for path in &made {
        if !wanted.contains(path) {
            writeln!(report, "{path}: is not wanted").expect("a string takes text");
            continue;
        }
        let want = std::fs::read(want.join(path)).expect("a golden file is readable");
        let made = std::fs::read(produced.join(path)).expect("a produced file is readable");
        if want != made {
            report += &first_difference(path, &want, &made);
        }
    }
    report
}

fn first_difference(path: &Utf8Path, want: &[u8], made: &[u8]) -> String {
    let mut wanted = want.split_inclusive(|byte| *byte == b'\n');
    let mut made = made.split_inclusive(|byte| *byte == b'\n');
    let mut number = 1;
    loop {
        let (one, other) = (wanted.next(), made.next());
        if one != other {
            let show = |line: Option<&[u8]>| {
                line.map_or("(end)".into(), String::from_utf8_lossy)
                    .into_owned()
            };
            return format!(
                "{path}:{number}:\n  want {:?}\n  made {:?}\n",
                show(one),
                show(other)
            );
        }
        number += 1;
    }
}

#[test]
fn every_kind_of_difference_is_named() {
    let want = Project::new()
        .file("same", "a\n")
        .file("changed", "a\nb\n")
        .file("missing", "");
    let made = Project::new()
        .file("same", "a\n")
        .file("changed", "a\nc\n")
        .file("extra", "");
    assert_eq!(
        differences(&want.path("."), &made.path(".")),
        "missing: was not produced\nchanged:2:\n  want \"b\\n\"\n  made \"c\\n\"\nextra: is not wanted\n"
    );
    assert_eq!(differences(&want.path("."), &want.path(".")), "");
    rewrite(&want.path("want"), &made.path("."));
    assert_eq!(differences(&want.path("want"), &made.path(".")), "");
}
