//! What the documentation shows is true of the program.

use shortfall::study::Study;

fn read(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_string()).collect()
}

/// The examples of the config reference put together are one sound config.
#[test]
fn the_examples_of_the_config_reference_are_a_config() {
    let blocks = blocks(&read("docs/config.md"), "toml");
    assert!(blocks.len() > 15, "{}", blocks.len());
    let text = blocks.concat();
    Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
}

/// Every option of a path in the README and in the table of what the answer hangs on is one that the flagship knows.
#[test]
fn changes_that_the_readme_shows_can_be_made() {
    let flagship = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/us-japan-2025.toml");
    let mut changes: Vec<String> = Vec::new();
    for line in blocks(&read("README.md"), "sh").concat().lines().filter(|line| line.contains("us-japan-2025.toml")) {
        changes.extend(line.split("--set '").skip(1).filter_map(|rest| rest.split('\'').next()).map(String::from));
    }
    assert!(changes.len() >= 2, "{changes:?}");
    for change in changes {
        let document = shortfall::study::read::document(&flagship, std::slice::from_ref(&change), false);
        let document = document.unwrap_or_else(|fault| panic!("{change}: {fault}"));
        Study::new(&document).unwrap_or_else(|faults| panic!("{change}: {faults}"));
    }
}

/// docs/output.md has the columns of every table as the program describes them. `UPDATE_DOCS=1` writes them there.
#[test]
fn the_columns_in_the_documentation_are_those_of_the_files() {
    use shortfall::output::described::{TABLES, markdown};
    let mut page = read("docs/output.md");
    let mut wrong = Vec::new();
    for table in &TABLES {
        let begin = format!("<!-- columns of {} -->\n", table.name);
        let place = page.find(&begin).unwrap_or_else(|| panic!("no line {begin}")) + begin.len();
        // A line that says what a row is, an empty one, and the table up to the next empty line.
        let lines = page[place..].split_inclusive('\n').enumerate();
        let length: usize = lines.take_while(|(at, line)| *at < 2 || *line != "\n").map(|(_, line)| line.len()).sum();
        if page[place..place + length] != markdown(table) {
            wrong.push(table.name);
            page.replace_range(place..place + length, &markdown(table));
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/output.md"), page).expect("written");
    } else {
        assert!(wrong.is_empty(), "other columns than docs/output.md has, see UPDATE_DOCS in tests/docs.rs: {wrong:?}");
    }
}
