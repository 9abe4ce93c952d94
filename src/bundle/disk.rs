//! Writing a release folder: aside first, then renamed into place.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the room that writes releases"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io;

use camino::Utf8Path;

use super::{Error, MANIFEST, Release, SUMS, Written};
use crate::bundle;
use crate::seal;

/// Writes a release below `out`.
pub(super) fn write(release: &Release, out: &Utf8Path) -> Result<Written, Error> {
    if fs::metadata(out).is_ok_and(|found| !found.is_dir()) {
        return Err(Error::NotOurs {
            path: out.to_owned(),
            why: "is not a folder".to_owned(),
        });
    }
    fs::create_dir_all(out).map_err(at(out))?;
    let lock = lock(out)?;
    let target = out.join(&release.name);
    let aside = out.join(format!(".{}.new", release.name));
    let old = out.join(format!(".{}.old", release.name));
    recover(release, &target, &old)?;
    let there = existing(&target)?;
    if there.as_ref().is_some_and(|files| {
        files
            .iter()
            .eq(release.files.iter().map(|(name, text)| (name, text)))
    }) {
        return Ok(Written::Unchanged);
    }
    if lock.is_some() {
        // Nobody else writes, so that it is of a run that was killed: half of a release, or a whole one.
        clear(&aside, release)?;
    }
    fs::create_dir(&aside).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            let path = aside.clone();
            return Error::Busy { path };
        }
        at(&aside)(error)
    })?;
    let put = fill(&aside, release).and_then(|()| swap(&aside, &target, &old, there.is_some()));
    if put.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&aside);
    }
    put
}

/// Waits until no other run writes below `out`; the system lets go of the lock of a run that was killed. `None` where there
/// are no such locks: then the folder aside stands for one.
fn lock(out: &Utf8Path) -> Result<Option<fs::File>, Error> {
    // Not every system opens folders.
    let Ok(folder) = fs::File::open(out) else {
        return Ok(None);
    };
    match folder.lock() {
        Ok(()) => Ok(Some(folder)),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(at(out)(error)),
    }
}

/// Undoes or ends what a run did that was killed while it put a release into the place of another.
fn recover(release: &Release, target: &Utf8Path, old: &Utf8Path) -> Result<(), Error> {
    if fs::symlink_metadata(target).is_err() {
        // What lies aside is the only good copy.
        if existing(old)?.is_some() {
            fs::rename(old, target).map_err(at(target))?;
        }
        return Ok(());
    }
    match existing(old) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => remove(old),
        // It may have been killed while it removed this.
        Err(_) => clear(old, release),
    }
}

/// Renames into place; a release that is there goes aside first, and only when the new one stands is it removed.
fn swap(
    aside: &Utf8Path,
    target: &Utf8Path,
    old: &Utf8Path,
    replaces: bool,
) -> Result<Written, Error> {
    if !replaces {
        fs::rename(aside, target).map_err(at(target))?;
        return Ok(Written::New);
    }
    fs::rename(target, old).map_err(at(target))?;
    if let Err(error) = fs::rename(aside, target) {
        let _ = fs::rename(old, target);
        return Err(at(target)(error));
    }
    // The release is written; what can't be removed now is removed by the next run.
    let _ = fs::remove_dir_all(old);
    Ok(Written::Replaced)
}

fn fill(aside: &Utf8Path, release: &Release) -> Result<(), Error> {
    for (name, text) in &release.files {
        let path = aside.join(name);
        fs::write(&path, text).map_err(at(&path))?;
    }
    Ok(())
}

/// Removes the beginnings of a release, and nothing else.
fn clear(aside: &Utf8Path, release: &Release) -> Result<(), Error> {
    let listing = match fs::read_dir(aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        listing => listing.map_err(at(aside))?,
    };
    for entry in listing {
        let name = entry.map_err(at(aside))?.file_name();
        if !release.files.iter().any(|(file, _)| **file == *name) {
            let why = format!("holds {}, which is not ours", name.to_string_lossy());
            return Err(Error::NotOurs {
                path: aside.to_owned(),
                why,
            });
        }
    }
    remove(aside)
}

/// The files of a release of ours that stands there untouched; `None` where nothing stands there.
fn existing(target: &Utf8Path) -> Result<Option<BTreeMap<String, String>>, Error> {
    let not_ours = |why: String| Error::NotOurs {
        path: target.to_owned(),
        why,
    };
    let listing = match fs::read_dir(target) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_ours("is not a folder".to_owned()));
        }
        Err(error) => return Err(at(target)(error)),
    };
    let mut files = BTreeMap::new();
    for entry in listing {
        let entry = entry.map_err(at(target))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let plain = entry.file_type().map_err(at(target))?.is_file();
        let bytes = if plain {
            fs::read(entry.path()).map_err(at(&target.join(&name)))?
        } else {
            Vec::new()
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| not_ours(format!("holds {name}, which is not ours")))?;
        if !plain {
            return Err(not_ours(format!("holds {name}, which is not ours")));
        }
        files.insert(name, text);
    }
    if files.is_empty() {
        return Err(not_ours(
            "is an empty folder that signoff did not make".to_owned(),
        ));
    }
    let sums = files
        .get(SUMS)
        .ok_or_else(|| not_ours(format!("holds no {SUMS}")))?;
    let manifest = files
        .get(MANIFEST)
        .ok_or_else(|| not_ours(format!("holds no {MANIFEST}")))?;
    if !manifest.contains("\"kind\": \"signoff bundle\"") {
        return Err(not_ours(format!(
            "its {MANIFEST} is not of a signoff bundle"
        )));
    }
    let expected: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    for (name, text) in files.iter().filter(|(name, _)| *name != SUMS) {
        match expected.get(name.as_str()) {
            None => return Err(not_ours(format!("holds {name}, which is not ours"))),
            Some(sum) if *sum != seal::sha256(text.as_bytes()).hex() => {
                return Err(not_ours(format!("its {name} was changed by hand")));
            }
            Some(_) => {}
        }
    }
    if let Some(gone) = expected.keys().find(|name| !files.contains_key(**name)) {
        return Err(not_ours(format!("its {gone} is gone")));
    }
    let others: Vec<(String, String)> = files
        .iter()
        .filter(|(name, _)| *name != SUMS)
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    if *sums != bundle::sums(&others) {
        return Err(not_ours(format!("its {SUMS} was changed by hand")));
    }
    Ok(Some(files))
}

fn remove(path: &Utf8Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

fn at(path: &Utf8Path) -> impl Fn(io::Error) -> Error + '_ {
    move |source| Error::Disk {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// A release named `shop` whose script holds `text`, long enough that writing it takes a while.
    fn release(text: &str) -> Release {
        let mut files = vec![
            (
                MANIFEST.to_owned(),
                "{\n  \"kind\": \"signoff bundle\"\n}\n".to_owned(),
            ),
            ("plan.sql".to_owned(), text.repeat(10_000)),
            ("upgrade.sql".to_owned(), text.repeat(20_000)),
        ];
        files.push((SUMS.to_owned(), bundle::sums(&files)));
        files.sort();
        Release {
            name: "shop".to_owned(),
            digest: String::new(),
            files,
        }
    }

    fn folder() -> (tempfile::TempDir, camino::Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("out");
        (folder, path)
    }

    fn names(out: &Utf8Path) -> Vec<String> {
        let listing = out.read_dir_utf8().expect("a folder");
        let mut names: Vec<String> = listing
            .map(|entry| entry.expect("an entry").file_name().to_owned())
            .collect();
        names.sort();
        names
    }

    fn holds(out: &Utf8Path, release: &Release) -> bool {
        let files = existing(&out.join("shop")).expect("whole").expect("there");
        files.into_iter().eq(release.files.iter().cloned())
    }

    #[test]
    fn runs_at_once_leave_a_whole_release() {
        let (_folder, out) = folder();
        let releases = [release("one\n"), release("two\n"), release("three\n")];
        thread::scope(|scope| {
            for at in 0..6 {
                let (out, releases) = (&out, &releases);
                scope.spawn(move || {
                    for round in 0..15 {
                        write(&releases[(at + round) % releases.len()], out).expect("written");
                    }
                });
            }
        });
        assert!(releases.iter().any(|release| holds(&out, release)));
        assert_eq!(names(&out), ["shop"]);
    }

    #[test]
    fn a_killed_run_is_made_good() {
        let (_folder, out) = folder();
        let (one, two) = (release("one\n"), release("two\n"));
        assert_eq!(write(&one, &out).expect("written"), Written::New);
        // Killed between the two renames: the old one is the only good copy, and stays one if the next run fails.
        let (target, old, aside) = (
            out.join("shop"),
            out.join(".shop.old"),
            out.join(".shop.new"),
        );
        fs::rename(&target, &old).expect("renamed");
        fs::create_dir(&aside).expect("made");
        fs::write(aside.join("theirs.txt"), "precious").expect("written");
        assert!(matches!(write(&two, &out), Err(Error::NotOurs { .. })));
        assert!(holds(&out, &one));
        fs::remove_dir_all(&aside).expect("removed");
        fs::rename(&target, &old).expect("renamed");
        assert_eq!(write(&one, &out).expect("written"), Written::Unchanged);
        // Killed while it removed the old one, after it had begun the next.
        fs::create_dir(&old).expect("made");
        fs::write(old.join("upgrade.sql"), "one").expect("written");
        fs::create_dir(&aside).expect("made");
        fs::write(aside.join("plan.sql"), "half").expect("written");
        assert_eq!(write(&two, &out).expect("written"), Written::Replaced);
        assert!(holds(&out, &two));
        assert_eq!(names(&out), ["shop"]);
    }

    #[test]
    fn edited_checksums_are_a_touched_release() {
        let (_folder, out) = folder();
        let one = release("one\n");
        write(&one, &out).expect("written");
        let path = out.join("shop").join(SUMS);
        let sums = fs::read_to_string(&path).expect("text");
        let last = sums.lines().last().expect("a line");
        for edited in [
            format!("{sums}\n"),
            format!("# reviewed\n{sums}"),
            format!("{sums}{last}\n"),
            sums.to_uppercase(),
        ] {
            fs::write(&path, &edited).expect("written");
            for release in [&one, &release("two\n")] {
                assert!(matches!(write(release, &out), Err(Error::NotOurs { .. })));
            }
            assert_eq!(fs::read_to_string(&path).expect("text"), edited);
        }
    }
}
