//! What was taken for what: a matrix with names on both sides, and the worst pairs with their
//! images. Pure.

use super::Faces;
use crate::report::plot::{Matrix, svg};
use crate::report::words::{base64, escaped, whole};

/// Classes from which only those that were confused are shown.
const MAX_CLASSES: usize = 28;
/// Pairs that are shown with images.
const MAX_PAIRS: usize = 12;

/// How often each class was taken for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    classes: Vec<String>,
    /// A row for each truth.
    rows: Vec<Vec<u64>>,
}

impl Counts {
    /// From the file that a training writes; nothing when it is none.
    pub(super) fn parse(csv: &str) -> Option<Self> {
        let mut lines = csv.lines();
        let classes: Vec<String> = fields(lines.next()?).into_iter().skip(1).collect();
        let row =
            |line: &str| fields(line).iter().skip(1).map(|it| it.parse().ok()).collect::<Option<Vec<u64>>>();
        let rows: Vec<Vec<u64>> = lines.map(row).collect::<Option<_>>()?;
        let is_square = rows.len() == classes.len() && rows.iter().all(|row| row.len() == classes.len());
        (is_square && !classes.is_empty()).then_some(Self { classes, rows })
    }

    /// How many images of each class were judged.
    pub(super) fn held_out(&self) -> Vec<(&str, u64)> {
        self.classes.iter().map(String::as_str).zip(self.rows.iter().map(|row| row.iter().sum())).collect()
    }

    /// The classes worth a row: all of few, else those that were confused, the worst first.
    fn shown(&self) -> Vec<usize> {
        let all = 0..self.classes.len();
        if all.len() <= MAX_CLASSES {
            return all.collect();
        }
        let wrong = |class: usize| -> u64 {
            let missed = self.rows[class].iter().sum::<u64>() - self.rows[class][class];
            let taken = self.rows.iter().map(|row| row[class]).sum::<u64>() - self.rows[class][class];
            missed + taken
        };
        let mut shown: Vec<usize> = all.filter(|class| wrong(*class) > 0).collect();
        shown.sort_by_key(|class| std::cmp::Reverse(wrong(*class)));
        shown.truncate(MAX_CLASSES);
        shown.sort_unstable();
        shown
    }

    /// The matrix as a figure; nothing when there is nothing confused in many classes.
    pub(super) fn figure(&self, head: &str, faces: &dyn Faces) -> String {
        let shown = self.shown();
        if shown.is_empty() {
            return String::new();
        }
        let matrix = Matrix {
            names: shown.iter().map(|it| faces.name(&self.classes[*it])).collect(),
            rows: shown.iter().map(|row| shown.iter().map(|it| self.rows[*row][*it]).collect()).collect(),
            wholes: shown.iter().map(|it| self.rows[*it].iter().sum()).collect(),
        };
        let left_out = self.classes.len() - shown.len();
        let note = match left_out {
            0 => String::new(),
            count => {
                format!("<p class=\"note\">Those that were confused most; {} not shown.</p>", more(count))
            }
        };
        // On a narrow screen it is scrolled: made smaller, no name could be read.
        format!(
            "<figure class=\"matrix\"><h3>{}: rows are the truth, columns what the model says</h3>{note}\
             <div class=\"scroll\"><div style=\"width:{:.0}px\">{}</div></div></figure>",
            escaped(&begun(head)),
            matrix.width(),
            svg(&matrix)
        )
    }
}

/// `1 more class is`, `38 more classes are`.
fn more(count: usize) -> String {
    match count {
        1 => "1 more class is".into(),
        _ => format!("{} more classes are", whole(count as i64)),
    }
}

/// With a capital, as a heading begins.
fn begun(head: &str) -> String {
    let mut letters = head.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The worst pairs, each with the images of both cards.
pub(super) fn pairs(pairs: &[(String, String, u64)], faces: &dyn Faces) -> String {
    let picture = |class: &str| match faces.picture(class) {
        Some(png) => format!("<img alt=\"\" src=\"data:image/png;base64,{}\">", base64(&png)),
        None => "<div class=\"none\"></div>".into(),
    };
    let shown: String = pairs
        .iter()
        .take(MAX_PAIRS)
        .map(|(truth, taken_for, count)| {
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            format!(
                "<div class=\"card pair\">{}{}<div><b style=\"font-size:14px\">{}</b><span class=\"faint\">taken for</span><br>{}<br><span class=\"down\">{times}</span></div></div>",
                picture(truth),
                picture(taken_for),
                escaped(&faces.name(truth)),
                escaped(&faces.name(taken_for))
            )
        })
        .collect();
    if shown.is_empty() { shown } else { format!("<div class=\"pairs\">{shown}</div>") }
}

/// The fields of a line of CSV, RFC 4180.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = fields.len() - 1;
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                fields[last].push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            _ => fields[last].push(letter),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::super::Nameless;
    use super::*;

    #[test]
    fn the_matrix_has_names_on_both_sides_and_only_what_was_confused_of_many() {
        let csv = "truth,\"a,\"\"b\",\"c\"\n\"a,\"\"b\",2,1\n\"c\",0,3\n";
        let counts = Counts::parse(csv).unwrap();
        assert_eq!((counts.classes[0].as_str(), counts.rows[0].as_slice()), ("a,\"b", &[2, 1][..]));
        let html = counts.figure("identification", &Nameless);
        assert_eq!(html.matches(">a,&quot;b<").count(), 2, "{html}");
        assert!(html.contains("a,&quot;b taken for c: 1 of 3"), "{html}");
        assert!(html.contains("<h3>Identification: rows"), "{html}");
        assert_eq!((more(1).as_str(), more(1038).as_str()), ("1 more class is", "1,038 more classes are"));
        let names: Vec<String> = (0..60).map(|it| format!("k{it}")).collect();
        let mut rows: Vec<Vec<u64>> =
            (0..60).map(|at| (0..60).map(|it| u64::from(it == at)).collect()).collect();
        assert_eq!(Counts { classes: names.clone(), rows: rows.clone() }.figure("", &Nameless), "");
        rows[3][7] = 2;
        assert_eq!(Counts { classes: names, rows }.shown(), [3, 7]);
        assert!(Counts::parse("truth,\"a\"\n\"a\",x\n").is_none());
    }

    #[test]
    fn pairs_are_shown_with_what_is_known_of_them() {
        let html = pairs(&[("<i>".into(), "b".into(), 1)], &Nameless);
        assert!(html.contains("&lt;i&gt;") && html.contains("once") && html.contains("class=\"none\""));
        assert_eq!(pairs(&[], &Nameless), "");
    }
}
