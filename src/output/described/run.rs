//! The tables of a run.

use super::{AS_TOLD, Described, FRACTION, count, ends, estimate, made, number, text};
use crate::output::column::{Column, Kind};
use crate::summary::{SERIES_PERCENTILES, YEAR_PERCENTILES};

pub const PERCENTILES: Described =
    Described { name: "percentiles.csv", rows: "every scenario, outcome and statistic", columns: percentiles };
pub const TIMESERIES: Described =
    Described { name: "timeseries.csv", rows: "every scenario, recorded series and month", columns: timeseries };
pub const MILESTONES: Described = Described {
    name: "milestones.csv",
    rows: "every scenario, milestone and month from 0 to the horizon",
    columns: milestones,
};
pub const CLAIMS: Described = Described { name: "claims.csv", rows: "every scenario and claim", columns: claims };
pub const INPUT_UNCERTAINTY: Described = Described {
    name: "input_uncertainty.csv",
    rows: "every scenario and outcome or claim, and for every milestone and month",
    columns: input_uncertainty,
};
pub const DRIVERS: Described = Described {
    name: "drivers.csv",
    rows: "every result and every input or group of correlated inputs, and for inputs together",
    columns: drivers,
};
pub const YEARS: Described = Described {
    name: "years.csv",
    rows: "every scenario, market and product with final demand, and calendar year",
    columns: years,
};

fn scenario() -> Column {
    Column::full("scenario", Kind::Text, "", "id of the scenario")
}

fn level() -> Column {
    number("ci_level", FRACTION, "confidence of the intervals")
}

fn method() -> Column {
    text("ci_method", "how the interval is made: `Student t`, `Clopper-Pearson`, `order statistics`")
}

fn trials() -> Column {
    count("n", "trials", "trials of the scenario")
}

/// The columns of a statistic, in every table that has a row for each.
pub(super) fn statistic() -> Vec<Column> {
    let [low, high] =
        ends("ci_", AS_TOLD, "`value`; empty where it is \"never\", lies above the histogram or cannot be given");
    vec![
        Column::full("output", Kind::Text, "", "name of the outcome"),
        text("unit", "unit of the value: that of the outcome, or `fraction` for probabilities"),
        text(
            "statistic",
            "`mean` (over the trials in which it is not \"never\"), `probability_zero` (exactly zero), `probability_never` (not within \
             the horizon), `percentile`",
        ),
        number("percentile", "%", "which percentile; empty for other statistics"),
        number("value", AS_TOLD, "the estimate; empty if it is \"never\", or lies above or below the histogram"),
        low,
        high,
        level(),
        method(),
        trials(),
        text(
            "note",
            "`never`, `above X`, `below X`; `interval reaches never`; `interval needs n >= 72`; for means `of the trials that reach \
             it`, `never in any trial`, `no mean: ...`, or that a single trial carries much of it; several joined by `; `",
        ),
    ]
}

fn percentiles() -> Vec<Column> {
    [vec![scenario()], statistic()].concat()
}

fn timeseries() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("series", "name of the series"),
        text("unit", "unit of the series"),
        count("month", "months", "months since the start, from 0"),
        Column::known("date", Kind::Month, "", "the month of the calendar"),
        number("mean", AS_TOLD, "mean over the trials in which the series has a value"),
    ];
    for percent in SERIES_PERCENTILES {
        let meaning = format!("{percent}th percentile; always these, whatever `percentiles` asks for");
        columns.push(made(format!("p{percent}"), AS_TOLD, meaning));
    }
    for percent in SERIES_PERCENTILES {
        columns.extend(ends(&format!("p{percent}_ci_"), AS_TOLD, &format!("`p{percent}`")));
    }
    columns.push(level());
    columns.push(text(
        "note",
        "why there is no mean (`no value in any trial`: not defined in this month, as days of stock where nothing is wanted), and \
         which percentiles lie beyond the histogram",
    ));
    columns.extend(estimate(
        "probability_any",
        FRACTION,
        "of `shortage`, `shortage_fraction`, `unmet_feed` and `unserved`: share of the trials with any shortage in this month; empty \
         for other series",
    ));
    columns
}

fn milestones() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("milestone", "id of the milestone"),
        count("month", "months", "months since the start"),
        Column::known("date", Kind::Month, "", "the month of the calendar"),
        number(
            "probability",
            FRACTION,
            "share of the trials in which the milestone's date is no later than the start of this month",
        ),
    ];
    columns.extend(ends("ci_", FRACTION, "`probability`"));
    columns.extend([level(), method(), trials()]);
    columns
}

fn claims() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("claim", "id of the claim"),
        text("who", "who said it"),
        number("probability", FRACTION, "share of the trials in which the claim holds"),
    ];
    columns.extend(ends("ci_", FRACTION, "`probability`"));
    columns.extend([
        text("verdict", "`supported`, `refuted` or `undecided`"),
        text("milestone", "id of the milestone"),
        text("says", "what the claim says of it, in words"),
        number("threshold", FRACTION, "its `probability_at_least`"),
        count("hits", "trials", "trials in which it holds"),
        trials(),
        level(),
        method(),
        number(
            "p_value",
            FRACTION,
            "exact binomial probability of so many hits, or so few, if the probability were the threshold; one-sided",
        ),
        number(
            "p_holm",
            FRACTION,
            "the same adjusted for the family; the claim is decided if it is at most 1 - confidence",
        ),
        count("family", "claims", "number of claims in all scenarios of the run"),
        count("more_trials", "trials", "if undecided: about how many more would decide, if the estimate is right"),
    ]);
    columns
}

fn input_uncertainty() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("output", "name of the outcome, or `claim.ID`"),
        text(
            "what",
            "which number of the trial: `value`; `comes within the horizon` of dates; `holds` of claims; `reached by the month`",
        ),
        count("month", "months", "of `reached by the month`: months since the start"),
    ];
    columns.extend(estimate("share", FRACTION, "share of the variance that comes from the inputs"));
    columns.push(text("share_ci_method", "how that interval is made"));
    columns.push(number("probability", FRACTION, "of a yes or no: its probability over all samples"));
    columns.extend(ends("ci_", FRACTION, "`probability`"));
    columns.extend([
        text("ci_method", "how that interval is made"),
        number("sd_over_inputs", FRACTION, "standard deviation, over the inputs, of the probability given them"),
        number("band_low", FRACTION, "lower end of the range of the probability if the inputs were known"),
        number("band_high", FRACTION, "upper end of that range"),
        text("band", "what that range is: the middle 0.9 of a beta distribution"),
        level(),
        count("draws", "draws", "draws of the inputs"),
        count("samples", "samples", "samples of events for each draw"),
        text("note", "why there is no share or no interval"),
    ]);
    columns
}

fn drivers() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("output", "name of the outcome, `claim.ID`, or `SERIES@YYYY-MM`"),
        text("what", "which number of the trial: `value`, `value in the month`, `comes within the horizon`, `holds`"),
        text("unit", "unit of `low` and `high`"),
        text(
            "of",
            "what the row is about: `input`; `kind`, all uncorrelated inputs of a path; `inputs not named`, together; `events and \
             interactions`; with `--total`, `total effect`",
        ),
        text("name", "path of the input, `correlations.ID`, or what inputs have in common"),
        count("inputs", "inputs", "how many inputs they are"),
        number("share", FRACTION, "share of the variance; empty where it is not distinguishable from 0"),
    ];
    columns.extend(ends("ci_", FRACTION, "`share`"));
    columns.extend([
        level(),
        text("ci_method", "how the intervals are made"),
        number("p_value", FRACTION, "one-sided p-value against a share of zero, by itself"),
        number("p_holm", FRACTION, "the same in its family; inputs are named up to 0.05"),
        text("moves", "of inputs that are named: what `low` and `high` are about"),
        number(
            "low_input",
            "that of the input",
            "10th percentile of the input, where it has a distribution of its own",
        ),
        number("high_input", "that of the input", "90th percentile of the same"),
    ]);
    columns.extend(estimate("low", AS_TOLD, "the result where the input lies in its lowest tenth"));
    columns.extend(estimate("high", AS_TOLD, "the result where the input lies in its highest tenth"));
    columns.extend([trials(), text("note", "why there is no share")]);
    columns
}

fn years() -> Vec<Column> {
    let mut columns = vec![
        scenario(),
        text("market", "id of the market"),
        text("stage", "id of the stage, whose name the product bears"),
        count("year", "", "year of the calendar"),
        count(
            "months",
            "months",
            "how many of its months are simulated: fewer than 12 in the first and last year, maybe",
        ),
        text("unit", "unit of the mean and the percentiles"),
    ];
    columns.extend(estimate("mean", AS_TOLD, "mean of the shortage in these months"));
    for percent in YEAR_PERCENTILES {
        let name = format!("p{percent}");
        let meaning = format!("{percent}th percentile of that shortage; always these, whatever `percentiles` asks for");
        columns.push(made(name.clone(), AS_TOLD, meaning));
        columns.extend(ends(&format!("{name}_ci_"), AS_TOLD, &format!("`{name}`")));
    }
    columns.extend(estimate("probability_any", FRACTION, "share of the trials with any shortage in these months"));
    columns.extend([
        number("ci_level", FRACTION, "confidence of the intervals: Student t, order statistics, Clopper-Pearson"),
        trials(),
        text("note", "as in `percentiles.csv`, of which estimate"),
    ]);
    columns
}
