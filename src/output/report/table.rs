//! Tables of figures. A cell tells its estimate twice: in words, and in numbers for whoever sorts or saves the table.

use maud::{Markup, html};

use super::text::held;
use crate::output::words;
use crate::summary::{Beyond, Estimate};

/// A table that scrolls sideways where it is wider than the page. `name` is what its figures are about.
pub fn table(name: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        div.wide role="region" tabindex="0" aria-label=(name) {
            table.figures data-name=(name) { thead { tr { (head) } } tbody { (body) } }
        }
    }
}

/// The head of a column.
pub fn column(name: impl maud::Render) -> Markup {
    html! { th scope="col" { (name) } }
}

/// The head of a row.
pub fn row(name: impl maud::Render) -> Markup {
    html! { th scope="row" { (name) } }
}

/// An estimate with its interval below.
pub fn cell(estimate: &Estimate, write: &dyn Fn(f64) -> String) -> Markup {
    let value = words::value(estimate, write);
    let remarks = words::remarks(estimate);
    html! {
        td data-v=(numbers(estimate)) {
            (held(&value))
            @match words::ends(estimate, write) {
                Some([low, high]) if low != value || high != value => {
                    small { (held(low.strip_suffix(" %").unwrap_or(&low))) "\u{2013}" (held(&high)) }
                }
                None if remarks.contains("n >=") => { small { "needs " (remarks.trim_start_matches("interval needs ")) } }
                _ => {}
            }
        }
    }
}

/// Value and both ends of the interval in five digits, with commas between them; `never` is one of them.
pub fn numbers(estimate: &Estimate) -> String {
    let number = |value: f64| format!("{value:.4e}").parse::<f64>().map_or(String::new(), |value| value.to_string());
    let value = match (estimate.value, estimate.beyond) {
        (Some(value), _) => number(value),
        (None, Beyond::Never) => "never".into(),
        (None, Beyond::Above(limit) | Beyond::Below(limit)) => number(limit),
        (None, Beyond::Unknown) => String::new(),
    };
    let never = |end: Option<f64>| {
        end.map_or(if estimate.beyond == Beyond::Never { "never".into() } else { String::new() }, number)
    };
    match (estimate.low, estimate.high) {
        (None, None) => value,
        (low, high) => format!("{value},{},{}", low.map_or("never".into(), number), never(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_tells_its_figure_in_words_and_in_numbers() {
        let estimate = |value, low, high| Estimate { value, low, high, ..Estimate::default() };
        let written = |one: &Estimate| cell(one, &|value| format!("{value:.0}")).into_string();
        assert_eq!(
            written(&estimate(Some(12.3456789), Some(11.0), Some(14.0))),
            "<td data-v=\"12.346,11,14\">12<small>11\u{2013}14</small></td>"
        );
        assert_eq!(written(&estimate(Some(3.0), Some(3.0), Some(3.0))), "<td data-v=\"3,3,3\">3</td>");
        assert_eq!(
            written(&estimate(Some(40.0), Some(38.0), None)),
            "<td data-v=\"40,38,never\">40<small>38\u{2013}never</small></td>"
        );
        assert_eq!(written(&estimate(None, None, None)), "<td data-v=\"never\">never</td>");
    }
}
