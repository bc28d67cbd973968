//! What pages, forms and comments claim about files: every path in back-ticks and every relative
//! link leads somewhere, and no comment is wider than a screen.
//!
//! Whether the sentences around them are true is absent, and so is the spelling, which `typos`
//! looks at.

#[path = "inputs/workspace.rs"]
mod workspace;

use std::path::Path;

/// Longest comment line, its indentation included.
const MAX_COMMENT_COLUMNS: usize = 100;
/// Endings by which a word without a slash is known to be a file of this project.
const SOURCE_ENDINGS: [&str; 6] = ["rs", "py", "sh", "md", "yml", "wgsl"];
/// First parts of what has the form of a path and is none of ours: media types, folders of the
/// system, the game's.
const NOT_OURS: [&str; 6] = ["application", "image", "text", "video", "usr", "textures"];

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for (path, text) in pages() {
        for (line, link) in links(&text) {
            if let Err(why) = follow(&path, link) {
                faults.push(format!("{path}:{line}: {link}: {why}"));
            }
        }
    }
    workspace::report(&faults);
}

#[test]
fn paths_in_words_lead_somewhere() {
    let files = workspace::files();
    let places = Places::new(&files);
    let mut faults = Vec::new();
    for (file, text) in pages().into_iter().chain(headers()) {
        for (line, word) in ticked(&text).filter(|(_, word)| is_path(word)) {
            if !places.has(&file, word) {
                faults.push(format!("{file}:{line}: `{word}` does not exist"));
            }
        }
    }
    workspace::report(&faults);
}

#[test]
fn comments_are_no_wider_than_a_screen() {
    let mut faults = Vec::new();
    for path in workspace::files().iter().filter(|path| path.ends_with(".rs")) {
        let text = workspace::read(path).unwrap_or_default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| is_too_wide(line)) {
            let columns = line.chars().count();
            faults.push(format!("{path}:{}: {columns} columns, at most {MAX_COMMENT_COLUMNS}", number + 1));
        }
    }
    workspace::report(&faults);
}

#[test]
fn words_that_are_paths_are_told_from_others() {
    let check = |text: &str, want: &[&str]| {
        let found: Vec<&str> = ticked(text).map(|(_, word)| word).filter(|word| is_path(word)).collect();
        assert_eq!(found, want, "{text}");
    };
    check(
        "see `tools/score.py`, `score.py` or `decode/yolo`",
        &["tools/score.py", "score.py", "decode/yolo"],
    );
    check(
        "`overlay`, `--out DIR`, `a / b`, `Vec<u8>`, `GET /v1/cards`, `image/png`, `1/2`, `model.json`",
        &[],
    );
    check("`overlay/src/capture/`, `/v1`, `https://a/b`, `*/tests/golden/`", &["overlay/src/capture/"]);
    check("```\n`a/b`\n```\n`c/d`", &["c/d"]);
}

#[test]
fn paths_are_looked_for_where_a_reader_would() {
    let files = ["data/README.md", "vision/Cargo.toml", "vision/src/decode/yolo.rs", "docs/a.md"];
    let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
    let places = Places {
        files: &files,
        ignored: vec!["data/runs".to_owned(), "data/models/*/gallery.json".to_owned()],
    };
    let check =
        |from: &str, word: &str, want: bool| assert_eq!(places.has(from, word), want, "{from}: {word}");
    check("ARCHITECTURE.md", "decode/yolo", true);
    check("ARCHITECTURE.md", "decode/", true);
    check("vision/src/decode.rs", "yolo.rs", true);
    check("docs/b.md", "a.md", true);
    check("ARCHITECTURE.md", "decode/gone", false);
    check("ARCHITECTURE.md", "gone.rs", false);
    // What a program writes, and a name that stands for many.
    check("ARCHITECTURE.md", "data/runs/balatro/detector.safetensors", true);
    check("ARCHITECTURE.md", "data/models/mine/gallery.json", true);
    check("ARCHITECTURE.md", "docs/NAME.json", true);
    check("ARCHITECTURE.md", "GONE.md", false);
    check("ARCHITECTURE.md", "gone/NAME", false);
}

#[test]
fn anchors_are_made_as_readers_of_markdown_make_them() {
    assert_eq!(anchors("# A `b-c`, d!\n```\n# no\n```\n## What is it?"), ["a-b-c-d", "what-is-it"]);
}

#[test]
fn only_comments_have_to_be_narrow() {
    let wide = "x".repeat(MAX_COMMENT_COLUMNS);
    assert!(is_too_wide(&format!("    /// {wide}")));
    assert!(!is_too_wide(&format!("let a = \"{wide}\"; // b")));
    assert!(!is_too_wide(&format!("// https://{wide}")), "an address cannot be broken");
    assert!(!is_too_wide(&format!("// {}", &wide[3..])));
}

/// All pages and the forms that people fill in, with their text.
fn pages() -> Vec<(String, String)> {
    let is_page = |path: &String| path.ends_with(".md") || path.ends_with(".yml");
    let pages = workspace::files().into_iter().filter(is_page);
    pages.filter_map(|path| workspace::read(&path).map(|text| (path, text))).collect()
}

/// The `//!` lines of all source files; other lines are empty, so that numbers stay.
fn headers() -> Vec<(String, String)> {
    let sources = workspace::files().into_iter().filter(|path| path.ends_with(".rs"));
    let header = |text: String| {
        let lines: Vec<&str> =
            text.lines().map(|line| line.strip_prefix("//!").unwrap_or_default()).collect();
        lines.join("\n")
    };
    sources.filter_map(|path| workspace::read(&path).map(|text| (path, header(text)))).collect()
}

/// Lines outside code blocks, counted from one.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((number + 1, line))
    })
}

fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(number, line)| {
        let ends = line.split("](").skip(1);
        ends.filter_map(move |rest| Some((number, rest.split([')', ' ']).next()?)))
    })
}

/// Words in back-ticks.
fn ticked(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |word| (number, word)))
}

fn follow(page: &str, link: &str) -> Result<(), &'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { beside(page, path) };
    if !workspace::root().join(&target).exists() {
        return Err("there is no such file");
    }
    if !anchor.is_empty() {
        let text = workspace::read(&target).unwrap_or_default();
        if !anchors(&text).iter().any(|it| it == anchor) {
            return Err("the page has no such heading");
        }
    }
    Ok(())
}

fn anchors(text: &str) -> Vec<String> {
    let lines = prose(text).map(|(_, line)| line).filter(|line| line.starts_with('#'));
    let headings = lines.map(|line| line.trim_matches(['#', ' ']));
    let kept = |it: &char| it.is_alphanumeric() || [' ', '-', '_'].contains(it);
    headings.map(|it| it.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// Whether a word in back-ticks claims that there is a file.
fn is_path(word: &str) -> bool {
    let is_plain = word.chars().all(|it| it.is_ascii_alphanumeric() || "_-./".contains(it));
    let first = word.split('/').next().unwrap_or_default();
    if !is_plain
        || first.is_empty()
        || NOT_OURS.contains(&first)
        || !word.contains(|it: char| it.is_alphabetic())
    {
        return false;
    }
    let ending = Path::new(word).extension().and_then(|it| it.to_str()).unwrap_or_default();
    word.contains('/') || SOURCE_ENDINGS.contains(&ending) && !word.starts_with('.')
}

/// Where the files are that words may mean.
struct Places<'a> {
    files: &'a [String],
    /// What git ignores: made by the programs, so it need not be there.
    ignored: Vec<String>,
}

impl<'a> Places<'a> {
    fn new(files: &'a [String]) -> Self {
        let ignored = workspace::read(".gitignore").expect("the workspace has a .gitignore");
        let ignored = ignored.lines().map(|line| line.trim_matches('/').to_owned()).collect();
        Self { files, ignored }
    }

    /// Whether a word that stands in `file` leads to a file or folder: from the workspace, from
    /// where it stands, or below the sources of any crate.
    fn has(&self, file: &str, word: &str) -> bool {
        // A part in capitals stands for any name.
        let stem = |part: &str| part.split('.').next().unwrap_or_default().to_owned();
        let is_name = |part: &str| part.contains(char::is_alphabetic) && !part.contains(char::is_lowercase);
        let parts =
            word.trim_matches('/').split('/').take_while(|part| !is_name(&stem(part)) || *part == word);
        let parts: Vec<&str> = parts.collect();
        let known = parts.join("/");
        let own = file.trim_end_matches(".rs");
        let candidates = [known.clone(), beside(file, &known), format!("{own}/{known}")];
        candidates.iter().any(|path| self.exists(path) || self.is_ignored(path))
            || self.is_below_a_source(&known)
    }

    fn exists(&self, path: &str) -> bool {
        let source = format!("{path}.rs");
        let folder = format!("{path}/");
        path.is_empty() || self.files.iter().any(|it| it == path || *it == source || it.starts_with(&folder))
    }

    fn is_ignored(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        self.ignored.iter().any(|ignored| {
            let ignored: Vec<&str> = ignored.split('/').collect();
            ignored.len() <= parts.len()
                && ignored.iter().zip(&parts).all(|(it, part)| *it == "*" || it == part)
        })
    }

    fn is_below_a_source(&self, path: &str) -> bool {
        let (inside, source, folder) = (format!("/{path}"), format!("/{path}.rs"), format!("/{path}/"));
        self.files.iter().any(|it| it.ends_with(&inside) || it.ends_with(&source) || it.contains(&folder))
    }
}

/// A path as it is meant beside a file.
fn beside(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A line that is a comment, too wide, and could be broken.
fn is_too_wide(line: &str) -> bool {
    line.trim_start().starts_with("//") && !line.contains("://") && line.chars().count() > MAX_COMMENT_COLUMNS
}
