use std::path::{Path, PathBuf};

/// Expands `$NAME` and `${NAME}` from the environment and resolves a relative path against `base_dir` (the study's
/// folder).
///
/// # Errors
/// A message when a variable is not set or a brace is not closed.
pub fn resolve_path(base_dir: &Path, path: &str) -> Result<PathBuf, String> {
    resolve_with(base_dir, path, |name| std::env::var(name).ok())
}

fn resolve_with(base_dir: &Path, path: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    let mut expanded = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, after) = if let Some(braced) = rest.strip_prefix('{') {
            braced.split_once('}').ok_or_else(|| format!("{path:?}: the brace after $ is not closed"))?
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            rest.split_at(end)
        };
        if name.is_empty() {
            return Err(format!("{path:?}: a $ must be followed by the name of an environment variable"));
        }
        let value = lookup(name).ok_or_else(|| {
            format!("{path:?}: the environment variable {name} is not set; set it or write the path out")
        })?;
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    if expanded.is_empty() {
        return Err("the path is empty".into());
    }
    Ok(base_dir.join(expanded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(path: &str) -> Result<PathBuf, String> {
        resolve_with(Path::new("/study"), path, |name| (name == "DATA").then(|| "/data".into()))
    }

    #[test]
    fn variables_and_relative_paths() {
        assert_eq!(resolve("a/b.fa").unwrap(), Path::new("/study/a/b.fa"));
        assert_eq!(resolve("$DATA/x.bw").unwrap(), Path::new("/data/x.bw"));
        assert_eq!(resolve("${DATA}2/x.bw").unwrap(), Path::new("/data2/x.bw"));
        assert_eq!(resolve("/abs").unwrap(), Path::new("/abs"));
    }

    #[test]
    fn unset_variables_are_named() {
        assert!(resolve("$NOPE/x").unwrap_err().contains("NOPE is not set"));
        assert!(resolve("${DATA/x").unwrap_err().contains("not closed"));
        assert!(resolve("a$/x").unwrap_err().contains("name of an environment variable"));
        assert!(resolve("").is_err());
    }
}
