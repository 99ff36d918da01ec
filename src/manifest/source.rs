//! Where manifests come from.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::state::{Location, Problem, Problems};

use super::limits;

/// The text of one file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's name; `-` for standard input.
    pub name: PathBuf,
    /// What is in it.
    pub text: String,
}

/// Finds the manifests that `paths` mean: files, and folders with all their `*.yaml` and `*.yml`
/// in order of name, subfolders and hidden files left out. `-` is standard input; no path at all
/// means the working folder. A file that is named twice is found once.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problems> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut found: Vec<PathBuf> = Vec::new();
    let mut problems = Problems::default();
    for path in paths {
        for file in problems.keep(files_of(path)).unwrap_or_default() {
            if !found.contains(&file) {
                found.push(file);
            }
        }
    }
    problems.or(found)
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, Problem> {
    if is_standard_input(path) || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = manifests_in(path).map_err(|error| unreadable(path, &error))?;
    if files.is_empty() {
        let message = format!("the folder `{}` has no manifest", path.display());
        return Err(Problem::new(message).hint("manifests end in `.yaml` or `.yml`"));
    }
    files.sort();
    Ok(files)
}

fn manifests_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_yaml && !name.starts_with('.') && path.is_file() {
            files.push(if folder == Path::new(".") { PathBuf::from(name) } else { path });
        }
    }
    Ok(files)
}

/// Reads the files that [`find`] found. What is too large or not UTF-8 is a problem.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Source>, Problems> {
    let mut problems = Problems::default();
    let sources = paths.iter().filter_map(|path| problems.keep(read_one(path))).collect();
    problems.or(sources)
}

fn read_one(path: &Path) -> Result<Source, Problem> {
    let bytes = if is_standard_input(path) {
        read_limited(io::stdin().lock())
    } else {
        File::open(path).and_then(read_limited)
    };
    let bytes = bytes.map_err(|error| unreadable(path, &error))?;
    let text = to_text(path, bytes)?;
    Ok(Source { name: path.to_owned(), text })
}

/// One byte more than allowed is read, so that [`to_text`] sees that there is more.
fn read_limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn to_text(path: &Path, bytes: Vec<u8>) -> Result<String, Problem> {
    if bytes.len() > limits::FILE_BYTES {
        return Err(too_large(path));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let at = Location { file: Arc::new(path.to_owned()), line, column };
        Problem::at(&at, "this byte is not UTF-8").hint("save the file in UTF-8")
    })
}

/// The problem of a file that is too large.
pub(super) fn too_large(path: &Path) -> Problem {
    let most = limits::FILE_BYTES >> 20;
    let message = format!("`{}` is larger than {most} MiB", path.display());
    Problem::new(message).hint("split it into several files")
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("`{}` cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_give_their_manifests_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yaml", ".hidden.yaml", "notes.txt", "values.yaml.bak"] {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        fs::create_dir(folder.path().join("c.yaml")).unwrap();
        let (a, b) = (folder.path().join("a.yaml"), folder.path().join("b.yml"));
        let paths = [b.clone(), folder.path().to_owned(), "-".into()];
        assert_eq!(find(&paths), Ok(vec![b, a, "-".into()]));
        let sources = read(&find(&[folder.path().to_owned()]).unwrap()).unwrap();
        assert_eq!(sources.len(), 2);
    }

    #[test]
    fn a_folder_without_manifests_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let problem = find(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(problem.ends_with("has no manifest\nhint: manifests end in `.yaml` or `.yml`"));
    }

    #[test]
    fn what_cannot_be_read_is_told_all_at_once() {
        let paths = [PathBuf::from("/nowhere/a.yaml"), PathBuf::from("/nowhere/b.yaml")];
        let problems = read(&paths).unwrap_err().to_string();
        assert!(problems.contains("`/nowhere/a.yaml` cannot be read: "));
        assert!(problems.contains("`/nowhere/b.yaml` cannot be read: "));
    }

    #[test]
    fn other_encodings_are_refused_where_they_show() {
        let problem = to_text(Path::new("a.yaml"), b"vms:\n  b\xc3\xa9: caf\xe9\n".to_vec());
        assert_eq!(
            problem.unwrap_err().to_string(),
            "this byte is not UTF-8\n  --> a.yaml:2:10\nhint: save the file in UTF-8"
        );
        let large = to_text(Path::new("a.yaml"), vec![b'#'; limits::FILE_BYTES + 1]);
        assert_eq!(large.unwrap_err().message, "`a.yaml` is larger than 16 MiB");
    }
}
