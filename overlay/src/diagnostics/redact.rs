//! Takes out of a text what tells who wrote it: home folders, the folders that the programs and the
//! data lie in, the names of user and machine; and out of settings, pages and paths.
//!
//! For reports that players attach to a bug. Pure: the names are arguments.

use toml_edit::{Array, DocumentMut, TableLike, Value};

/// What stands in place of folders.
const HOME: &str = "~";
const DATA: &str = "<data>";
const PROGRAM: &str = "<program>";
/// What stands in place of a page's address.
const LEFT_OUT: &str = "<left out>";
/// What stands in place of a user's name.
const USER: &str = "<user>";
/// Names that say nothing about a person and occur in other texts.
const COMMON: [&str; 6] = ["user", "root", "admin", "home", "player", "localhost"];

/// What is taken out.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Folders, each with what stands in its place.
    folders: Vec<(String, &'static str)>,
    names: Vec<String>,
}

impl Redactor {
    /// For these home folders and user names.
    pub fn new(homes: &[String], names: &[String]) -> Self {
        let homes = homes.iter().map(|home| (home.clone(), HOME));
        Self::with_folders(homes, names)
    }

    /// For these folders, each with what stands in its place, and names.
    fn with_folders(folders: impl IntoIterator<Item = (String, &'static str)>, names: &[String]) -> Self {
        let mut all: Vec<(String, &'static str)> = Vec::new();
        for (folder, place) in folders {
            let folder = folder.trim_end_matches(['/', '\\']);
            if folder.len() > 1 {
                all.push((folder.to_owned(), place));
                all.push((folder.replace('\\', "/"), place));
                // As JSON and debug output write it.
                all.push((folder.replace('\\', "\\\\"), place));
            }
        }
        // The longer of two paths first: one may contain the other.
        all.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        all.dedup();
        let long = |name: &&String| name.len() >= 3 && !COMMON.contains(&name.to_lowercase().as_str());
        Self { folders: all, names: names.iter().filter(long).cloned().collect() }
    }

    /// For the user of this process.
    pub fn for_this_user() -> Self {
        let read = |keys: &[&str]| -> Vec<String> {
            keys.iter().filter_map(|key| std::env::var(key).ok()).filter(|value| !value.is_empty()).collect()
        };
        let homes = read(&["HOME", "USERPROFILE"]).into_iter().map(|home| (home, HOME));
        let data = Some((lens_core::paths::data(), DATA));
        let program =
            std::env::current_exe().ok().and_then(|file| Some((file.parent()?.to_path_buf(), PROGRAM)));
        let own = [data, program].into_iter().flatten();
        let own = own.map(|(folder, place)| (folder.to_string_lossy().into_owned(), place));
        let mut names = read(&["USER", "USERNAME", "LOGNAME", "HOSTNAME", "COMPUTERNAME"]);
        names.extend(std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()));
        Self::with_folders(homes.chain(own), &names)
    }

    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (folder, place) in &self.folders {
            text = replaced(&text, folder, place, |next| !is_word(next));
        }
        for base in [concat!("/ho", "me/"), "/Users/", "\\Users\\", "\\\\Users\\\\"] {
            text = without_folder(&text, base);
        }
        for name in &self.names {
            text = replaced_word(&text, name);
        }
        text
    }
}

/// The settings without pages of others, and with the names of the model and the Mods folder rather
/// than their paths; nothing of a file that cannot be read.
pub fn settings(text: &str) -> String {
    match text.parse::<DocumentMut>() {
        Ok(mut document) => {
            clean_table(document.as_table_mut());
            document.to_string()
        }
        Err(_) => "# left out: it cannot be read as TOML\n".to_owned(),
    }
}

fn clean_table(table: &mut dyn TableLike) {
    for (key, item) in table.iter_mut() {
        if let Some(inner) = item.as_table_like_mut() {
            clean_table(inner);
            continue;
        }
        let Some(value) = item.as_value_mut() else { continue };
        let named =
            value.as_str().and_then(|path| path.rsplit_once(['/', '\\'])).map(|(_, name)| name.into());
        let cleaned: Option<Value> = match key.get() {
            "origins" => {
                let is_empty = value.as_array().is_some_and(Array::is_empty);
                (!is_empty).then(|| Array::from_iter([LEFT_OUT]).into())
            }
            "model" | "folder" => named,
            _ => None,
        };
        if let Some(mut cleaned) = cleaned {
            *cleaned.decor_mut() = value.decor().clone();
            *value = cleaned;
        }
    }
}

/// Replaces `what` where the character after it is `fit`, upper or lower case alike.
fn replaced(text: &str, what: &str, by: &str, fit: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, what) {
        let (before, found) = rest.split_at(at);
        let after = &found[what.len()..];
        out += before;
        out += if after.chars().next().is_none_or(&fit) { by } else { &found[..what.len()] };
        rest = after;
    }
    out + rest
}

/// Replaces a word, but not a part of one.
fn replaced_word(text: &str, word: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let begins = before.chars().next_back().or(out.chars().next_back()).is_none_or(|it| !is_word(it));
        let ends = after.chars().next().is_none_or(|next| !is_word(next));
        out += before;
        out += if begins && ends { USER } else { &found[..word.len()] };
        rest = after;
    }
    out + rest
}

/// Replaces the name of a folder that lies in `base`, whoever's it is.
fn without_folder(text: &str, base: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, base) {
        let (before, after) = rest.split_at(at + base.len());
        out += before;
        let end = after
            .find(|next: char| matches!(next, '/' | '\\' | '"' | '\'' | ':' | '<') || next.is_control())
            .unwrap_or(after.len());
        if end > 0 {
            out += USER;
        }
        rest = &after[end..];
    }
    out + rest
}

/// Where `what` begins, ASCII letters in either case; only where `text` may be cut.
fn find(text: &str, what: &str) -> Option<usize> {
    let (text_bytes, what_bytes) = (text.as_bytes(), what.as_bytes());
    let last = text_bytes.len().checked_sub(what_bytes.len())?;
    (0..=last).find(|&at| {
        text_bytes[at..at + what_bytes.len()].eq_ignore_ascii_case(what_bytes)
            && text.is_char_boundary(at)
            && text.is_char_boundary(at + what_bytes.len())
    })
}

fn is_word(it: char) -> bool {
    it.is_alphanumeric() || it == '_' || it == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `base` is written apart, so that no path of a machine stands here.
    #[track_caller]
    fn check(text: &str, want: &str) {
        let unix = |rest: &str| format!("{}{rest}", ["/ho", "me/"].concat());
        let windows = |rest: &str| format!("{}{rest}", ["C:\\Us", "ers\\"].concat());
        let fill = |it: &str| it.replace("{unix}", &unix("")).replace("{windows}", &windows(""));
        let homes = [unix("jimbo"), windows("Jim Bo")];
        let redactor = Redactor::new(&homes, &["jimbo".into(), "root".into()]);
        assert_eq!(redactor.clean(&fill(text)), fill(want));
    }

    #[test]
    fn nobody_is_named() {
        check("at {unix}jimbo/games/x.rs:3", "at ~/games/x.rs:3");
        check("{unix}jimbo", "~");
        check("{unix}jimbo2/x", "{unix}<user>/x");
        check("by another: {unix}ann/x and '{unix}bob'", "by another: {unix}<user>/x and '{unix}<user>'");
        check("{windows}Jim Bo\\data", "~\\data");
        check("{windows}jim bo\\data", "~\\data");
        check("{windows}Ann Other\\data", "{windows}<user>\\data");
        check("user Jimbo, jimbos, jimbo", "user <user>, jimbos, <user>");
        check("the root of jimbo's tree", "the root of <user>'s tree");
        check("Jürgen sagt jimbo", "Jürgen sagt <user>");
    }

    #[test]
    fn folders_outside_of_a_home_are_nobodys_either() {
        let folders = [("/srv/jims-games/data".to_owned(), DATA), ("/srv/jims-games".to_owned(), PROGRAM)];
        let redactor = Redactor::with_folders(folders, &["jims-pc".into()]);
        let text = "data /srv/jims-games/data/models on jims-pc, started from /srv/jims-games/overlay";
        assert_eq!(redactor.clean(text), "data <data>/models on <user>, started from <program>/overlay");
    }

    #[test]
    fn settings_name_no_pages_and_no_paths() {
        let check = |text: &str, want: &str| assert_eq!(settings(text), want);
        check(
            "[recognition]\nmodel = \"/srv/jim/mine\" # new\n[api]\nport = 7\norigins = [\"http://jim.example\"]\n",
            "[recognition]\nmodel = \"mine\" # new\n[api]\nport = 7\norigins = [\"<left out>\"]\n",
        );
        let harmless = "[recognition]\nmodel = \"mine\"\n[mods]\nfolder = 'none'\n[api]\norigins = []\n";
        check(harmless, harmless);
        // Each other way of writing the same.
        check("[api]\norigins = [\n  \"http://jim.example\",\n]\n", "[api]\norigins = [\"<left out>\"]\n");
        check(
            "api = { port = 7, origins = ['http://a'] }\n",
            "api = { port = 7, origins = [\"<left out>\"] }\n",
        );
        check("api.origins = ['http://a']\n", "api.origins = [\"<left out>\"]\n");
        check("mods.folder = 'D:\\jim\\Mods'\n", "mods.folder = \"Mods\"\n");
        check("[\"mods\"]\n\"folder\" = \"\"\"/srv/jim/Mods\"\"\"\n", "[\"mods\"]\n\"folder\" = \"Mods\"\n");
        check("origins = [\n\"http://jim.example\"", "# left out: it cannot be read as TOML\n");
    }

    #[test]
    fn paths_in_json_are_cleaned() {
        let path = ["C:\\Us", "ers\\jimbo\\data"].concat();
        let home = ["C:\\Us", "ers\\jimbo"].concat();
        let json = serde_json::to_string(&path).unwrap();
        assert_eq!(Redactor::new(&[home], &[]).clean(&json), r#""~\\data""#);
    }
}
