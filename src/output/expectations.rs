//! Expectations: lines for the terminal and for Markdown, and the file in which automatic checks look for tests.

use super::Results;
use super::words::{self, amount};
use crate::model::Unit;
use crate::summary::{ExpectationResult, Summary, Verdict, met};
use crate::text::is_xml;

/// What is expected: `p95(total_shortage.west.magnets) at most 500`.
pub fn statement(expected: &ExpectationResult) -> String {
    format!("{} {}", expected.statistic, limits(expected))
}

/// Between which limits it is expected: `at least 1 and at most 500`.
pub fn limits(expected: &ExpectationResult) -> String {
    let limits = [("at least", expected.at_least), ("at most", expected.at_most)];
    let limits = limits.iter().filter_map(|(words, limit)| Some(format!("{words} {}", limit.as_ref()?)));
    limits.collect::<Vec<_>>().join(" and ")
}

/// What was found: `420 t (400 to 450)`.
pub fn found(expected: &ExpectationResult) -> String {
    let (value, interval) = value_and_interval(expected);
    let interval = if interval.is_empty() { String::new() } else { format!(" ({interval})") };
    format!("{value}{interval}")
}

/// What was found, and its interval or why there is none: `420 t`, `400 to 450`.
pub fn value_and_interval(expected: &ExpectationResult) -> (String, String) {
    let Some(estimate) = &expected.found else {
        return (format!("scenario {} is not part of this run", expected.scenario), String::new());
    };
    // As finely as the limit is given: 45 % would not say on which side of 0.452 it lies.
    let plain = !estimate.nearest().is_finite() || expected.unit == Unit::Fraction;
    let unit = if plain { String::new() } else { format!(" {}", expected.unit) };
    let interval = match words::ends(estimate, amount) {
        Some([low, high]) => format!("{low} to {high}"),
        None => words::remarks(estimate),
    };
    (format!("{}{unit}", words::value(estimate, amount)), interval)
}

/// The line at the end: `verdict: refuted (exit 10)`. Of a run that was interrupted, the exit code says that.
pub fn verdict(summary: &Summary) -> String {
    let any = |verdict: Verdict| summary.expectations.iter().any(|expected| expected.verdict == verdict);
    let worst = [Verdict::Refuted, Verdict::Undecided].into_iter().find(|verdict| any(*verdict));
    let code = match summary.partial {
        None => format!("exit {}", summary.exit_code()),
        Some(_) => "so far".into(),
    };
    format!("verdict: {} ({code})", met(worst.unwrap_or(Verdict::Supported)))
}

/// `claims.junit.xml`: every expectation as a test. A refuted one is a failure, an undecided one an error.
pub fn junit(results: &Results<'_>) -> Vec<u8> {
    let all = &results.summary.expectations;
    let count = |verdict| all.iter().filter(|expected| expected.verdict == verdict).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        all.len(),
        count(Verdict::Refuted),
        count(Verdict::Undecided)
    );
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"shortfall\" {counts}>\n  \
         <testsuite name=\"{}\" {counts}>\n",
        escape(&results.study.config.title)
    );
    for expected in all {
        let (name, message) = (format!("{}: {}", expected.id, statement(expected)), found(expected));
        text += &format!("    <testcase classname=\"{}\" name=\"{}\">\n", escape(&expected.scenario), escape(&name));
        let tag = match expected.verdict {
            Verdict::Supported => None,
            Verdict::Refuted => Some("failure"),
            Verdict::Undecided => Some("error"),
        };
        text += &match tag {
            None => format!("      <system-out>found {}</system-out>\n", escape(&message)),
            Some(tag) => {
                format!("      <{tag} type=\"{}\" message=\"found {}\"/>\n", met(expected.verdict), escape(&message))
            }
        };
        text += "    </testcase>\n";
    }
    text += "  </testsuite>\n</testsuites>\n";
    text.into_bytes()
}

/// What XML would take for its own; some letters are not allowed in it at all.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&apos;",
            letter if !is_xml(letter) => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{Beyond, Estimate};

    #[test]
    fn lines_say_what_was_expected_and_found() {
        let estimate = |value, low, high, note: &str| {
            Some(Estimate { value, low, high, note: note.into(), ..Estimate::default() })
        };
        let mut expected = ExpectationResult {
            id: "small".into(),
            statistic: "p95(total_shortage.a.b)".into(),
            unit: Unit::Tonnes,
            scenario: "base".into(),
            at_least: None,
            at_most: Some(500.0),
            found: estimate(Some(420.0), Some(400.0), Some(450.0), ""),
            verdict: Verdict::Supported,
        };
        assert_eq!(statement(&expected), "p95(total_shortage.a.b) at most 500");
        assert_eq!(found(&expected), "420 t (400 to 450)");
        expected.at_least = Some(-1.5);
        assert_eq!(statement(&expected), "p95(total_shortage.a.b) at least -1.5 and at most 500");
        expected.found = estimate(Some(420.0), None, None, "interval needs n >= 72");
        assert_eq!(found(&expected), "420 t (interval needs n >= 72)");
        expected.found = estimate(None, Some(30.0), None, "never");
        assert_eq!(found(&expected), "never (30 to never)");
        expected.found = estimate(None, None, None, "never");
        assert_eq!(found(&expected), "never");
        let above =
            |low, note: &str| Estimate { low, beyond: Beyond::Above(512.0), note: note.into(), ..Estimate::default() };
        expected.found = Some(above(Some(500.0), "above 512"));
        assert_eq!(found(&expected), "above 512 t (500 to above 512)");
        expected.found = Some(above(Some(512.0), "above 512"));
        assert_eq!(found(&expected), "above 512 t");
        expected.found = Some(above(None, "above 512; interval needs n >= 72"));
        assert_eq!(found(&expected), "above 512 t (interval needs n >= 72)");
        let unknown = "no mean: some values are too large to be added up, those above 8";
        expected.found = Some(Estimate { beyond: Beyond::Unknown, note: unknown.into(), ..Estimate::default() });
        assert_eq!(found(&expected), format!("not known ({unknown})"));
        expected.found = None;
        assert_eq!(found(&expected), "scenario base is not part of this run");
        assert_eq!(escape("<a & \"b\">\u{1}\u{ffff}"), "&lt;a &amp; &quot;b&quot;&gt;  ");
    }
}
