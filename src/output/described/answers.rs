//! The tables of commands other than `run`.

use super::{AS_TOLD, Described, FRACTION, count, ends, estimate, flag, made, number, run, text};
use crate::output::column::{Column, Kind};

pub const DIFFERENCE: Described = Described {
    name: "difference.csv",
    rows: "every outcome that both sides have, and statistic; every difference is b minus a",
    columns: difference,
};
pub const RARE: Described = Described { name: "rare.csv", rows: "every scenario and event", columns: rare };
pub const STRESS: Described = Described {
    name: "stress.csv",
    rows: "every name of a loss, every span and every market and product with final demand, and without any loss",
    columns: stress,
};
pub const N_MINUS_ONE: Described =
    Described { name: "n-minus-one.csv", rows: "every product, market and year", columns: n_minus_one };
pub const SIZE: Described = Described { name: "size.csv", rows: "every stock and size", columns: size };
pub const REQUIRE: Described =
    Described { name: "require.csv", rows: "each change, input and setting that was moved", columns: require };
pub const PAIRS: Described = Described { name: "pairs.csv", rows: "every two changes", columns: pairs };
pub const BOX: Described = Described { name: "box.csv", rows: "each input with a range in the box", columns: in_box };
pub const CHOOSE: Described = Described {
    name: "choose.csv",
    rows: "every set of measures, first those that stayed to the end",
    columns: choose,
};
pub const REGRET: Described =
    Described { name: "regret.csv", rows: "every set on the shortlist and every scenario", columns: regret };
pub const VALUE_OF_INFORMATION: Described = Described {
    name: "value-of-information.csv",
    rows: "everything, every input and every group",
    columns: information,
};

/// Unit of a statistic that the question names.
const OF_STATISTIC: &str = "that of the statistic";

fn scenario() -> Column {
    text("scenario", "id of the scenario")
}

fn trials(meaning: &'static str) -> Column {
    count("trials", "trials", meaning)
}

fn difference() -> Vec<Column> {
    let mut columns = vec![text("scenario_a", "id of the one scenario"), text("scenario_b", "id of the other")];
    columns.extend(run::statistic());
    columns
}

fn rare() -> Vec<Column> {
    let part = |name: &'static str, of: &str, count_name: &'static str| {
        let [low, high] = ends(&format!("{name}_"), FRACTION, &format!("`{name}`"));
        let hits = count(count_name, "trials", "its hits");
        [made(name.into(), FRACTION, format!("probability {of}")), low, high, hits]
    };
    let mut columns = vec![
        scenario(),
        text("output", "name of the outcome, or `claim.ID`"),
        text("says", "the event in words"),
        number("probability", FRACTION, "probability of the event; empty where the hits do not suffice"),
    ];
    columns.extend(ends("ci_", FRACTION, "`probability`"));
    columns.extend([
        number("ci_level", FRACTION, "confidence of the interval"),
        text("ci_method", "how it is made"),
        count(
            "hits",
            "trials",
            "trials in which it happens; of an event that is likelier than not, in which it does not",
        ),
        number("effective_hits", "trials", "their effective sample size"),
        number("largest_share", FRACTION, "share of the hits' weight that the heaviest carries"),
        count("n", "trials", "trials"),
        number("mean_weight", "", "mean weight of all trials, 1 but for chance"),
        number("effective_n", "trials", "effective sample size of all trials"),
        text("note", "why there is no estimate"),
        number("untilted", FRACTION, "share of the trials simulated without the tilt"),
        text("parts_of", "`event`, or `complement` if the event is likelier than not: what hits and parts are about"),
        number("times_likelier", "", "hits through the tilt are sampled at least so many times as often as without it"),
        number("share_through_tilt", FRACTION, "share of the hits' weight that is through the tilt"),
    ]);
    columns.extend(part("through_tilt", "through the tilt", "through_tilt_hits"));
    columns.extend(part("other_ways", "of all other ways", "other_ways_hits"));
    columns
}

fn stress() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("kind", "`market`, `country`, `capacity`, `project` or `pattern`; `nothing` without any loss"),
        text("lost", "its name"),
        text("lost_for_months", "`for good`, or so many months from the start"),
        text("market", "where final demand is looked at"),
        text("product", "of which product"),
        text("unit", "unit of amounts"),
        number(
            "survives_months",
            "months",
            "whole months before the first shortage due to the loss; empty if there is none",
        ),
        number("worst_month", FRACTION, "largest shortage of a month, at medians"),
        number("total_shortage", AS_TOLD, "shortage of all months, at medians"),
        number("coverage_left", FRACTION, "what can still be made over what is needed, at medians"),
        number("stock_needed", AS_TOLD, "smallest stock that would bridge it, at medians"),
        number("stock_needed_days", "days", "the same in days of what is used"),
        text("single_point_of_failure", "`yes`, `if longer` than 12 months, or `no`"),
        trials("trials of each loss; empty without any"),
    ];
    for (name, unit) in [
        ("survives_months", "months"),
        ("worst_month", FRACTION),
        ("total_shortage", AS_TOLD),
        ("stock_needed", AS_TOLD),
    ] {
        for percent in [5, 50, 95] {
            let meaning =
                format!("{percent}th percentile of `{name}` over the trials; empty without any, or \"never\"");
            columns.push(made(format!("{name}_p{percent}"), unit, meaning));
        }
    }
    columns
}

fn n_minus_one() -> Vec<Column> {
    vec![
        scenario(),
        text("product", "the product"),
        text("market", "the market; `all`: all pooled"),
        Column::known("date", Kind::Month, "", "the month of the calendar"),
        number("coverage", FRACTION, "what can be made over what is needed"),
        number("without_largest", FRACTION, "the same without the largest plant"),
        text("largest", "name of that plant"),
    ]
}

fn size() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("market", "the market that holds the stock"),
        text("product", "what it is a stock of"),
        text("unit", "unit of amounts"),
        text(
            "stock",
            "`none`; `as configured`: the stockpiles of the config; `size`; `for the risk` of `--risk`; `for the budget` of \
             `--budget`",
        ),
        text("refill", "`refilled` or `used once`; empty without a stock of a size"),
    ];
    columns.extend(estimate("days", "days", "the size; the stock for a risk is an estimate, all others are given"));
    columns.push(number("tonnes", AS_TOLD, "the same as an amount"));
    for (name, unit, meaning) in [
        ("probability_of_shortage", FRACTION, "probability of any shortage, in any month"),
        ("expected_shortage", AS_TOLD, "mean over all trials of the shortage of all months"),
        ("expected_shortage_in_worst", AS_TOLD, "the same in the worst trials"),
        ("avoided", AS_TOLD, "expected shortage without any stock less that with it, on the same trials"),
        ("avoided_by_last", AS_TOLD, "the same against the row before (the first size: against none)"),
        ("cost_per_avoided", "`currency` by `unit`", "`cost` over `avoided`, with `--price`"),
        ("cost_per_avoided_by_last", "`currency` by `unit`", "the same of the last step"),
    ] {
        columns.extend(estimate(name, unit, meaning));
    }
    columns.extend([
        number("cost", "see `currency`", "what the stock costs up to the horizon, with `--price`"),
        text("currency", "what costs are counted in"),
        number("worst", FRACTION, "share of the trials that are the worst ones"),
        number("risk", FRACTION, "what `--risk` asks for"),
        number("ci_level", FRACTION, "confidence of the intervals"),
        trials("number of trials"),
    ]);
    columns
}

fn question() -> Vec<Column> {
    vec![scenario(), text("claim", "id of the claim"), number("at_least", FRACTION, "how likely it is asked to be")]
}

fn require() -> Vec<Column> {
    const OF_MEASURE: &str = "see `measure`";
    let mut columns = question();
    columns.extend([
        text("kind", "`change` of plants or demand, or `input`: an input or a setting"),
        text("name", "what was moved"),
        count("inputs", "inputs", "how many inputs that is"),
        text(
            "measure",
            "what its values are: `value`, `percentile` (0 to 1), `success` (1 or 0), `plants` (more than announced), `months` \
             (sooner), `less` (a fraction of demand)",
        ),
    ]);
    for (name, word, probability) in [("low", "lower", "low_probability"), ("high", "upper", "high_probability")] {
        columns.push(made(name.into(), OF_MEASURE, format!("{word} end of its range")));
        columns.push(number(probability, FRACTION, "how likely the claim is there"));
        columns.extend(ends(&format!("{name}_ci_"), FRACTION, &format!("`{probability}`")));
    }
    columns.push(number(
        "crossing",
        OF_MEASURE,
        "the value at which the claim is as likely as asked; empty where no value is",
    ));
    columns.extend(ends("ci_", OF_MEASURE, "`crossing`; empty where it lies beyond the range"));
    columns.extend([
        flag("holds_above", "whether it is likelier at larger values there"),
        count("contrary_trials", "trials", "trials that change more than once between the ends"),
        count("trials_looked_at", "trials", "of so many that were looked at"),
        number("share", FRACTION, "share of the variance that it explains, if it was chosen for that"),
        trials("trials"),
    ]);
    columns
}

fn pairs() -> Vec<Column> {
    let mut columns = question();
    for name in ["first", "second"] {
        columns.push(Column { name: name.into(), ..text("", "what is changed: a measure as in `require.csv`") });
        columns.push(made(format!("{name}_amount"), "that of the measure", "by how much".into()));
        columns.extend(ends(&format!("{name}_ci_"), "that of the measure", &format!("`{name}_amount`")));
    }
    columns.extend([
        number("part", FRACTION, "part of what each takes alone; empty where not even all of it is enough"),
        number("probability_at_full_part", FRACTION, "how likely the claim is with all of both"),
    ]);
    columns
}

fn in_box() -> Vec<Column> {
    let mut columns = vec![scenario(), text("claim", "id of the claim")];
    columns.extend([
        text("in_it", "what the claim does in the box: `holds` or `fails`"),
        text("name", "path of the input, or name of the group"),
        text("measure", "what `above` and `below` are: as in `require.csv`"),
        number("above", "see `measure`", "lower end of the range; empty where it has none"),
        number("below", "see `measure`", "upper end of the range; empty where it has none"),
    ]);
    columns.extend(estimate("density", FRACTION, "share of the fresh trials in the box in which the claim does that"));
    columns.extend([
        number("coverage", FRACTION, "share of all trials in which it does that which lie in the box"),
        number("mass", FRACTION, "share of all trials that lie in the box"),
        number("base", FRACTION, "share of all trials in which the claim does that"),
        count("fresh_trials", "trials", "trials that had no part in finding the box"),
    ]);
    columns
}

fn choose() -> Vec<Column> {
    let mut columns = vec![
        count("rank", "", "place by the statistic, those that dropped out last"),
        text("measures", "ids, a space between two; empty for doing nothing"),
        number("cost", "that of the config", "their sum"),
        trials("trials of the set: fewer if it dropped out"),
        number("estimate", OF_STATISTIC, "the statistic"),
    ];
    columns.extend(ends("", OF_STATISTIC, "`estimate`"));
    columns.push(number("difference", OF_STATISTIC, "from the first set, trial by trial; empty where it dropped out"));
    let held = "`difference`; all hold together; empty where it is the same in every trial";
    columns.extend(ends("difference_", OF_STATISTIC, held));
    columns.extend([
        flag("may_be_best", "whether it may be the best set within the budget"),
        flag("efficient", "whether no set that costs as much or less looks better"),
        count("best_in_trials", "trials", "in so many trials of the first stage it is the best of all sets"),
    ]);
    columns
}

fn regret() -> Vec<Column> {
    let mut columns = vec![
        text("measures", "ids, a space between two; empty for doing nothing"),
        number("cost", "that of the config", "their sum"),
        scenario(),
        number("regret", OF_STATISTIC, "by how much the best set of the scenario does better"),
    ];
    columns.extend(ends("", OF_STATISTIC, "`regret`"));
    columns
}

fn information() -> Vec<Column> {
    let mut columns = vec![
        text("kind", "`everything`, `input` or `group`"),
        text("known", "path of the input, or name of the group"),
        count("inputs", "inputs", "how many inputs that is"),
        number("worth", OF_STATISTIC, "what it is worth to know it before choosing"),
    ];
    columns.extend(ends("", OF_STATISTIC, "`worth`"));
    columns
}
