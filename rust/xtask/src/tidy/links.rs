//! The rule that a link in a page leads to a file or a folder of the project.

use super::Finding;

/// Checks the links of the Markdown file `file`; `files` are those of the project.
pub(super) fn check(file: &str, text: &str, files: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for link in links(line) {
            let place = place(file, link);
            let leads = place.is_some_and(|place| exists(&place, files));
            if !leads {
                findings.push(Finding::new(
                    format!("{file}:{}", index + 1),
                    format!("the link `{link}` leads to nothing in the project"),
                ));
            }
        }
    }
    findings
}

/// What the links of a line lead to, but for other sites and places in the page itself.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split_once(')'))
        .filter_map(|(target, _)| target.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// The place from the root that `link` names in `file`, unless it lies outside.
fn place(file: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn exists(place: &str, files: &[String]) -> bool {
    let is_it = |file: &String| {
        let rest = file.strip_prefix(place);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    place.is_empty() || files.iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::check;

    fn found(file: &str, text: &str) -> usize {
        let files = ["README.md", "docs/a.md", "docs/b/c.md"].map(str::to_owned);
        check(file, text, &files).len()
    }

    #[test]
    fn a_link_to_nothing_is_found_wherever_the_page_lies() {
        assert_eq!(found("README.md", "see [a](docs/a.md), [b](docs/b/)"), 0);
        assert_eq!(
            found("docs/a.md", "[c](b/c.md#part) [top](../README.md)"),
            0
        );
        assert_eq!(found("docs/b/c.md", "[a](../a.md)\n[root](../..)"), 0);
        assert_eq!(found("README.md", "[a](docs/a)"), 1);
        assert_eq!(found("README.md", "[a](docs/a.md) [b](b.md)\n[c](c.md)"), 2);
        assert_eq!(found("docs/a.md", "[out](../../README.md)"), 1);
    }

    #[test]
    fn other_sites_and_places_in_the_page_are_no_matter_of_files() {
        let text = "[x](https://host/none.md) [y](#part) [z](mailto:a@b)";
        assert_eq!(found("README.md", text), 0);
    }
}
