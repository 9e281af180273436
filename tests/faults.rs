//! Faults of configs: each with its message, its location and its remedy.

use std::error::Error;

use shortfall::config::fault::Diagnostics;
use shortfall::config::source::Document;
use shortfall::model::LIMITS;
use shortfall::study::Study;

/// A sound model of two markets: ore from the north, metal made and used in both.
const SOUND: &str = r#"
title = "test"
start = "2026-01"
horizon_years = 10
markets.north.countries = ["Northland", "Icefield"]
markets.south.countries = ["Southland"]
stages.ore = {}
stages.metal.feeds.ore = 2
capacities.mine = { country = "Northland", stage = "ore", tonnes_per_year = 1200 }
capacities.north-smelter = { country = "Northland", stage = "metal", tonnes_per_year = 300 }
capacities.south-smelter = { country = "Southland", stage = "metal", tonnes_per_year = 300 }
demands.south = { market = "south", stage = "metal", tonnes_per_year = 400 }
"#;

fn study(more: &str, changes: &[&str]) -> Result<Study, Diagnostics> {
    let mut document = Document::parse("config", &format!("{SOUND}{more}"))?;
    for change in changes {
        document.edit(change)?;
    }
    Study::new(&document)
}

/// The sound model with `more` has no faults.
fn accepted(more: &str) {
    study(more, &[]).unwrap_or_else(|faults| panic!("{more}\n{faults}"));
}

/// It has exactly one, which says all of `parts`; its location is `at`.
fn refused(more: &str, at: &str, parts: &[&str]) {
    let faults = study(more, &[]).expect_err(more);
    assert_eq!(faults.iter().count(), 1, "{more}\n{faults}");
    let text = faults.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing from\n{text}");
    }
    let location = &faults.iter().next().expect("one").location;
    assert_eq!(location.meant(), at, "{text}");
}

/// An outage of the mine with these keys.
fn outage(keys: &str) -> String {
    format!("[disruptions.strike]\nkind = \"outage\"\nhits = [\"mine\"]\n{keys}\n")
}

const SOME: &str = "rate_per_year = 0.2\nduration_months = 3\n";

#[test]
fn faults_are_errors_as_others_know_them() {
    let read = |text: &str| -> Result<Study, Box<dyn Error>> { Ok(Study::from_text(text)?) };
    let error = read("title = 1").expect_err("a title is text");
    assert!(error.to_string().contains("text in quotes is expected here"), "{error}");
    assert_eq!(error.to_string(), format!("{error:?}"), "what `unwrap` prints can be read");
    accepted(&outage(SOME));
}

/// What the parser alone finds was read as an empty file, of which everything is missing.
#[test]
fn a_number_too_large_to_read_is_told_as_such() {
    let faults = study("run.seed = 99999999999999999999", &[]).expect_err("too large");
    let text = faults.to_string();
    assert!(text.contains("not valid TOML") && text.contains("99999999999999999999"), "{text}");
    assert!(!text.contains("is missing"), "{text}");
}

#[test]
fn a_disruption_that_can_never_begin_is_a_fault() {
    let remedy = "give it `rate_per_year`, `active_at_start` or `scheduled`";
    refused(&outage("duration_months = 3\nseverity = 0.8"), "strike", &["can never begin", remedy]);
    // Nothing at all is forgotten; nought is said.
    for off in
        ["rate_per_year = 0", "rate_per_year = -0.0\nduration_months = 3", "active_at_start = 0", "scheduled = []"]
    {
        accepted(&outage(off));
    }
    refused(&outage("rate_per_year = 1"), "strike", &["need `duration_months`"]);
    refused(&outage("active_at_start = 1"), "strike", &["need `duration_months`"]);
    accepted(&outage("active_at_start = 1\nremaining_months = 4"));
}

#[test]
fn a_disruption_that_reaches_nothing_is_a_fault() {
    let outage = |hits: &str, stages: &str| {
        format!("[disruptions.strike]\nkind = \"outage\"\nhits = [\"{hits}\"]\nstages = [{stages}]\n{SOME}")
    };
    for (hits, stages) in
        [("mine", ""), ("*-smelter", ""), ("Northland", "\"ore\""), ("north", "\"*\""), ("metal", "\"metal\"")]
    {
        accepted(&outage(hits, stages));
    }
    refused(&outage("mien", ""), "\"mien\"", &["is no capacity, project, country", "did you mean `mine`?"]);
    refused(&outage("Icefield", ""), "\"Icefield\"", &["has no capacity and no project", "leave it out"]);
    refused(&outage("mine", "\"metal\""), "\"mine\"", &["nothing of `mine` belongs to the `stages`", "widen `stages`"]);
    refused(&outage("mine", "\"mteal\""), "\"mteal\"", &["no stage `mteal`", "did you mean `metal`?"]);
    let control = |from: &str, to: &str, stages: &str| {
        let markets = format!("from = [\"{from}\"]\nto = [\"{to}\"]\n");
        format!("[disruptions.ban]\nkind = \"export-control\"\n{markets}stages = [{stages}]\n{SOME}")
    };
    for (from, to, stages) in [("north", "south", "\"ore\""), ("north", "*", "\"metal\""), ("*", "south", "")] {
        accepted(&control(from, to, stages));
    }
    refused(&control("north", "north", ""), "[\"north\"]", &["from a market to itself cuts nothing"]);
    // Nobody in the north uses metal.
    refused(
        &control("south", "north", "\"metal\""),
        "ban",
        &["cuts nothing that could be traded", "have a use for it"],
    );
    let surge = |keys: &str| format!("[disruptions.run]\nkind = \"demand-surge\"\n{keys}\n{SOME}");
    for keys in ["", "markets = [\"south\"]", "stages = [\"metal\"]"] {
        accepted(&surge(keys));
    }
    for keys in ["markets = [\"north\"]", "stages = [\"ore\"]"] {
        refused(
            &surge(keys),
            "run",
            &["no final demand that this surge could lift", "widen its `markets` or `stages`"],
        );
    }
}

#[test]
fn keys_without_effect_are_faults() {
    let control = "[disruptions.x]\nkind = \"export-control\"\nfrom = [\"north\"]\nto = [\"south\"]\n";
    let surge = "[disruptions.x]\nkind = \"demand-surge\"\n";
    let outage = "[disruptions.x]\nkind = \"outage\"\nhits = [\"mine\"]\n";
    let windows = "scheduled = [{ from = \"2027-01\", months = 2, severity = 0.5 }]\n";
    for (entry, key, value, why) in [
        (outage, "leakage", "0.2", "this is an outage; it is a key of an export control"),
        (outage, "from", "[\"north\"]", "this is an outage; it is a key of an export control"),
        (outage, "to", "[\"south\"]", "this is an outage; it is a key of an export control"),
        (outage, "markets", "[\"south\"]", "this is an outage; it is a key of a demand surge"),
        (control, "hits", "[\"mine\"]", "this is an export control; it is a key of an outage"),
        (control, "markets", "[\"south\"]", "this is an export control; it is a key of a demand surge"),
        (surge, "hits", "[\"mine\"]", "this is a demand surge; it is a key of an outage"),
        (surge, "from", "[\"north\"]", "this is a demand surge; it is a key of an export control"),
        (surge, "to", "[\"south\"]", "this is a demand surge; it is a key of an export control"),
        (surge, "leakage", "0.2", "this is a demand surge; it is a key of an export control"),
    ] {
        accepted(&format!("{entry}{SOME}"));
        refused(
            &format!("{entry}{SOME}{key} = {value}"),
            key,
            &[&format!("`{key}` has no effect here"), why, "leave it out"],
        );
    }
    for (keys, key, value, why) in [
        (windows, "duration_months", "3", "there is no `rate_per_year`"),
        ("active_at_start = 1\nremaining_months = 3\n", "duration_months", "3", "there is no `rate_per_year`"),
        (windows, "remaining_months", "3", "there is no `active_at_start`"),
        (SOME, "remaining_months", "3", "there is no `active_at_start`"),
        (windows, "not_before", "\"2027-01\"", "there is no `rate_per_year`"),
        (windows, "severity", "0.3", "every episode that is scheduled has its own"),
        (SOME, "raises", "{ other = 2 }", "`other` has no rate to raise"),
    ] {
        let other = "[disruptions.other]\nkind = \"demand-surge\"\nactive_at_start = 0.5\nremaining_months = 2\n";
        accepted(&format!("{other}{outage}{keys}"));
        let at = if key == "raises" { "other" } else { key };
        refused(&format!("{other}{outage}{keys}{key} = {value}"), at, &[why]);
    }
}

#[test]
fn episodes_that_certainly_do_nothing_are_faults() {
    for (keys, at) in [
        ("rate_per_year = 1\nduration_months = 0", "0"),
        ("rate_per_year = 1\nduration_months = { discrete = { values = [0, 5], weights = [1, 0] } }", ""),
        ("active_at_start = 1\nremaining_months = 0.0", "0.0"),
        ("scheduled = [{ from = \"2027-01\", months = 0 }]", "0"),
    ] {
        let at = if at.is_empty() { "{ discrete = { values = [0, 5], weights = [1, 0] } }" } else { at };
        refused(&outage(keys), at, &["an episode of no length is none", "always 0", "`rate_per_year = 0`"]);
    }
    for (keys, at) in [
        (format!("{SOME}severity = 0"), "0"),
        ("scheduled = [{ from = \"2027-01\", months = 1, severity = -0.0 }]".into(), "-0.0"),
    ] {
        refused(&outage(&keys), at, &["an episode of no severity has no effect", "always 0", "`scheduled = []`"]);
    }
    let control = format!("[disruptions.x]\nkind = \"export-control\"\nfrom = [\"north\"]\nto = [\"south\"]\n{SOME}");
    refused(&format!("{control}leakage = 1"), "1", &["a control of which everything leaks has no effect"]);
    accepted(&format!("{control}leakage = 0.99"));
    // What may last no time, or take nothing away, may also do something.
    accepted(&outage("rate_per_year = 1\nduration_months = { uniform = [0, 1] }\nseverity = { uniform = [0, 1] }"));
}

#[test]
fn scheduled_episodes_that_certainly_overlap_are_faults() {
    let windows = |first: &str, second: &str, months: &str| {
        outage(&format!(
            "scheduled = [{{ from = \"{second}\", months = 1 }}, {{ from = \"{first}\", months = {months} }}]"
        ))
    };
    let refused = |text: &str, at: &str, label: &str| {
        refused(text, at, &["scheduled episodes of a disruption cannot overlap", label, "shorten the earlier one"]);
    };
    refused(&windows("2026-05", "2026-07", "3"), "\"2026-07\"", "the one from 2026-05 lasts 3 months or more");
    refused(&windows("2024-05", "2025-07", "20"), "\"2025-07\"", "the one from 2024-05 lasts 20 months or more");
    refused(&windows("2026-05", "2026-07", "{ uniform = [2.5, 9] }"), "\"2026-07\"", "lasts 2.5 months or more");
    refused(&windows("2026-05", "2026-05", "{ exponential = { mean = 3 } }"), "\"2026-05\"", "lasts 1 months or more");
    accepted(&windows("2026-05", "2026-07", "2"));
    // It may overlap: then the next one ends it.
    accepted(&windows("2026-05", "2026-07", "{ uniform = [1, 9] }"));
}

#[test]
fn a_feed_that_nobody_makes_is_a_fault() {
    let alloy = "stages.alloy = {}\nstages.wire = { feeds = { alloy = 1 } }\n";
    let mill = "capacities.mill = { country = \"Southland\", stage = \"wire\", tonnes_per_year = 5 }\n";
    accepted(alloy); // nobody draws wire either
    let remedy = "add a capacity or project with `stage = \"alloy\"`, or leave the feed out";
    refused(&format!("{alloy}{mill}"), "alloy", &["nobody makes `alloy`, and nobody can buy it", remedy]);
    accepted(&format!("{alloy}{mill}stockpiles.alloy = {{ market = \"south\", stage = \"alloy\", target_days = 90 }}"));
    accepted(&format!(
        "{alloy}{mill}projects.alloy = {{ country = \"Northland\", stage = \"alloy\", tonnes_per_year = 5, lead_months = 9 }}"
    ));
    // A capacity that is at fault itself is told of, and nothing that follows from its absence.
    let broken = "capacities.alloy = { country = \"Northland\", stage = \"alloy\", tonnes_per_year = \"much\" }\n";
    let surge = format!("[disruptions.ban]\nkind = \"outage\"\nhits = [\"alloy\"]\nstages = [\"alloy\"]\n{SOME}");
    self::refused(&format!("{alloy}{mill}{broken}{surge}"), "\"much\"", &["a number or a distribution"]);
}

/// What something is divided by is above 0 in every trial, and not arbitrarily near.
#[test]
fn a_divisor_that_may_be_zero_is_a_fault() {
    let feeds = |ratio: &str| format!("stages.wire.feeds.metal = {ratio}\n");
    for ratio in ["0.5", "{ uniform = [0.1, 1] }", "{ lognormal = { median = 1, sigma = 0.2 }, min = 0.01 }"] {
        accepted(&feeds(ratio));
    }
    for ratio in [
        "{ uniform = [0, 1] }",
        "{ uniform = [-1, 1] }",
        "{ triangular = [0, 0.5, 1] }",
        "{ lognormal = { median = 1, sigma = 0.2 } }",
        "{ discrete = { values = [0, 1], weights = [1, 9] } }",
        "{ normal = { mean = 9, sd = 1 } }",
        "{ normal = { mean = 9, sd = 1 }, min = 0 }",
    ] {
        refused(&feeds(ratio), ratio, &["`metal` must be above 0", "add a `min` above 0"]);
    }
    for ratio in ["0", "0.0", "-0.0", "-1"] {
        refused(&feeds(ratio), ratio, &["`metal` must be above 0 and at most 1e12"]);
    }
    let price = |demand: &str, supply: &str| {
        format!("[stages.wire.price]\ndemand_elasticity = {demand}\nsupply_elasticity = {supply}\n")
    };
    accepted(&price("{ uniform = [0, 1] }", "0.1"));
    for (demand, supply) in
        [("0", "0"), ("{ uniform = [0, 1] }", "0"), ("{ uniform = [0, 1] }", "{ uniform = [0, 1] }")]
    {
        let faults = study(&price(demand, supply), &[]).expect_err(demand).to_string();
        assert!(faults.contains("must be above 0 in every trial") && faults.contains("1 fault"), "{faults}");
    }
}

#[test]
fn more_episodes_than_anybody_can_wait_for_are_refused() {
    let most = LIMITS.episodes.most;
    let frequent = |rate: &str, months: &str| outage(&format!("rate_per_year = {rate}\nduration_months = {months}\n"));
    // Any rate is good where episodes take their time; 120 months are simulated.
    for (rate, months) in [("1e12", "1"), ("1e8", "{ exponential = { mean = 1 } }"), ("900", "0.001"), ("0.1", "1e-9")]
    {
        accepted(&frequent(rate, months));
    }
    for (rate, months, about) in [
        ("1e8", "{ exponential = { mean = 1e-6 } }", "about 1.1e8 are asked for, 1.1e8 of them here"),
        ("1e8", "1e-9", "about 9.9e8 are asked for"),
        // Most take no time, and those that last longer than the simulation make them no fewer.
        ("1e8", "{ mixture = [{ weight = 999999, of = 0 }, { weight = 1, of = 1e12 }] }", "about 1.0e6 are asked for"),
        ("{ uniform = [0, 4000] }", "0.001", "about 1.7e4 are asked for"),
        ("{ lognormal = { median = 1, sigma = 6 } }", "0.001", "are asked for"),
    ] {
        let allowed = format!("too many episodes a trial (of all disruptions, on average): at most {most} are allowed");
        refused(&frequent(rate, months), rate, &[&allowed, about, "lower `rate_per_year`"]);
    }
    // Rarely so many, and then all memory would be gone.
    let rate = "{ discrete = { values = [0.1, 1e10], weights = [1e9, 1] } }";
    let allowed = format!("at their highest rates): at most {} are allowed", LIMITS.episodes_at_most.most);
    refused(&frequent(rate, "1e-6"), rate, &[&allowed]);
    // What raises a rate counts, and so do all disruptions together.
    let raised = frequent("900", "0.001")
        + "[disruptions.panic]\nkind = \"demand-surge\"\nrate_per_year = 1\nduration_months = 1\nraises = { strike = 5 }\n";
    refused(&raised, "900", &[&format!("at most {most} are allowed")]);
    let twice = frequent("900", "0.001") + &frequent("800", "0.001").replace("strike", "strike-2");
    refused(&twice, "900", &["about 1.6e4 are asked for, 8.4e3 of them here"]);
    // A rate that is simulated in place of another is held to the same.
    let often = study(&frequent("0.1", "0.0001"), &[]).expect("sound");
    let tilted = often.scenarios[0].model.tilted(&[("disruptions.strike.rate_per_year".into(), 1e5)]);
    assert!(format!("{:?}", tilted.expect_err("too many")).contains("too many episodes a trial"));
    let windows: Vec<String> = (0..7200)
        .map(|month| format!("{{ from = \"{:04}-{:02}\", months = 1 }}", 1850 + month / 12, month % 12 + 1))
        .collect();
    let scheduled = |name: &str| outage(&format!("scheduled = [{}]", windows.join(", "))).replace("strike", name);
    let faults = study(&(scheduled("a") + &scheduled("b")), &[]).expect_err("14 400 are scheduled").to_string();
    assert!(faults.contains("about 1.4e4 are asked for"), "{faults}");
}

/// Minus zero, wherever it stands, is zero; so it is not one over minus infinity.
#[test]
fn there_is_but_one_zero() {
    let text = outage("rate_per_year = -0.0\nduration_months = 3\nactive_at_start = -0.0")
        + "[scenarios.a]\nset.\"disruptions.strike.rate_per_year\" = -0.0\n";
    let signs = |study: &Study| format!("{:?} {:?}", study.config, study.scenarios[0].model);
    assert_eq!(study(&text, &[]).map(|study| signs(&study).matches("-0.0").count()).expect("sound"), 0);
    let changes = ["disruptions.strike.rate_per_year=-0.0", "capacities.mine.growth_per_year=-0.0"];
    assert_eq!(study(&text, &changes).map(|study| signs(&study).matches("-0.0").count()).expect("sound"), 0);
    let smoke = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/smoke.toml")).expect("there");
    let mut whole = toml::Value::Table(smoke.parse().expect("TOML"));
    let mut count = 0;
    each_number(&mut whole, &mut |number| {
        *number = toml::Value::Float(-0.0);
        count += 1;
    });
    let document = Document::parse("smoke", &toml::to_string(&whole).expect("TOML")).expect("TOML");
    let read = format!("{:?}", document.read().config);
    assert!(count > 150 && !read.contains("-0.0"), "{count} numbers\n{read}");
}

fn each_number(value: &mut toml::Value, change: &mut dyn FnMut(&mut toml::Value)) {
    match value {
        toml::Value::Integer(_) | toml::Value::Float(_) => change(value),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, value)| each_number(value, change)),
        toml::Value::Array(items) => items.iter_mut().for_each(|value| each_number(value, change)),
        _ => {}
    }
}

#[test]
fn what_cannot_be_computed_with_is_not_drawn() {
    let demand = |tonnes: &str| {
        format!("demands.north = {{ market = \"north\", stage = \"metal\", tonnes_per_year = {tonnes} }}")
    };
    accepted(&demand("{ lognormal = { median = 100, sigma = 3 } }"));
    let heavy = "{ lognormal = { median = 100, sigma = 15 } }";
    refused(&demand(heavy), heavy, &["`tonnes_per_year` must not be drawn beyond 1e30", "add a `max`"]);
    accepted(&demand("{ lognormal = { median = 100, sigma = 15 }, max = 1e9 }"));
    refused(&demand("1e13"), "1e13", &["must be 0 or more and at most 1e12"]);
}

/// A demand in the south along this path; `more` keys stand beside it.
fn along(path: &str, more: &str) -> String {
    format!("[demands.more]\nmarket = \"south\"\nstage = \"metal\"\ntonnes_per_year = {path}\n{more}\n")
}

#[test]
fn paths_by_date_are_checked() {
    let path = "{ by_date = { 2020-01 = 100, 2030-01 = { uniform = [100, 180] } }, times = { uniform = [0.9, 1.1] } }";
    accepted(&along(path, ""));
    accepted(&along(path, "growth_per_year = 0"));
    let remedy = "leave it out, or set it to 0";
    refused(&along(path, "growth_per_year = 0.02"), "growth_per_year", &["no meaning beside a path by date", remedy]);
    refused(&along("{ by_date = {} }", ""), "{}", &["a path has at least one date", "as in `by_date ="]);
    refused(&along("{ times = 1 }", ""), "tonnes_per_year", &["the key `by_date` is missing"]);
    refused(&along("{ by_date = { 2030-13 = 5 } }", ""), "2030-13", &["not a month between 1800-01 and 2500-12"]);
    refused(&along("{ by_date = { 2030 = 5 } }", ""), "2030", &["`2030` is not a month: write `YYYY-MM`"]);
    refused(&along("{ by_date = { 2030-01 = -5 } }", ""), "-5", &["`2030-01` must be 0 or more"]);
    let normal = "{ normal = { mean = 1, sd = 0.1 } }";
    let here = format!("{{ by_date = {{ 2030-01 = 5 }}, times = {normal} }}");
    refused(&along(&here, ""), normal, &["`times` must be 0 or more", "add `min = 0`"]);
    refused(&along("{ by_date = { 2030-01 = 5 }, uniform = [1, 2] }", ""), "uniform", &["there is no key `uniform`"]);
    refused(&along("{ by_date = { 2030-01 = { unifrom = [1, 2] } } }", ""), "unifrom", &["did you mean `uniform`?"]);
    refused(&along("{ by_dates = { 2030-01 = 5 } }", ""), "by_dates", &["there is no key `by_dates`"]);
    let most = LIMITS.dates.most as usize;
    let dates = |count: usize| -> String {
        let date = |number: usize| format!("{}-{:02} = 5", 1900 + number / 12, 1 + number % 12);
        format!("{{ by_date = {{ {} }} }}", (0..count).map(date).collect::<Vec<_>>().join(", "))
    };
    accepted(&along(&dates(most), ""));
    refused(&along(&dates(most + 1), ""), "by_date", &["too many dates of a path", "1201 are given"]);
    // All at once.
    let wrong = along("{ by_date = { 2030 = 5, 2031-01 = -1, x = 6 }, times = -1 }", "growth_per_year = 0.1");
    assert_eq!(study(&wrong, &[]).expect_err("five faults").iter().count(), 5);
}

#[test]
fn a_path_by_date_stands_nowhere_else() {
    let path = "{ by_date = { 2030-01 = 5 } }";
    let project = "[projects.p]\ncountry = \"Southland\"\nstage = \"metal\"\n";
    let why =
        ["only `tonnes_per_year` of a capacity or a demand can be a path by date", "a number or a distribution here"];
    for keys in [
        format!("tonnes_per_year = {path}\nlead_months = 5"),
        format!("tonnes_per_year = 5\nlead_months = {path}"),
        format!("tonnes_per_year = 5\nbegins = {path}"),
        format!("tonnes_per_year = 5\nbegins = 3\nslip_months = {{ mixture = [{{ weight = 1, of = {path} }}] }}"),
    ] {
        refused(&format!("{project}{keys}"), "by_date", &why);
    }
    refused(&along("5", &format!("growth_per_year = {path}")), "by_date", &why);
    refused(&along(&format!("{{ by_date = {{ 2030-01 = {path} }} }}"), ""), "by_date", &why);
}

#[test]
fn seasons_are_twelve_factors_of_mean_one() {
    let seasonal = |factors: &str| along("5", &format!("seasonal = [{factors}]"));
    let eleven = "1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1";
    accepted(&seasonal(&format!("{eleven}, 1.000001")));
    accepted(&seasonal("0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12"));
    refused(&seasonal(eleven), &format!("[{eleven}]"), &["twelve factors, one for each month", "11 are given"]);
    let mean = ["the factors of `seasonal` have the mean 1", "their mean is 1.25", "divide each by 1.25"];
    refused(&seasonal(&format!("{eleven}, 4")), &format!("[{eleven}, 4]"), &mean);
    refused(&seasonal(&format!("{eleven}, 1.0001")), &format!("[{eleven}, 1.0001]"), &["divide each by 1.000008"]);
    refused(&seasonal(&format!("{eleven}, -4")), "-4", &["a factor of `seasonal` must be 0 or more"]);
    let noughts = ["0"; 12].join(", ");
    refused(&seasonal(&noughts), &format!("[{noughts}]"), &["their mean is 0", "write factors around 1"]);
}

/// The messages of all faults, in order.
fn messages(text: &str) -> Vec<String> {
    let faults = Study::from_text(text).err().unwrap_or_default();
    faults.iter().map(|one| one.fault.message.clone()).collect()
}

#[test]
fn a_missing_or_misspelt_table_is_told_once() {
    let without = |line: &str| -> String {
        SOUND.lines().filter(|other| !other.starts_with(line)).map(|line| format!("{line}\n")).collect()
    };
    assert_eq!(messages(&without("markets.")), ["the key `markets` is missing here"]);
    assert_eq!(messages(&without("stages.")), ["the key `stages` is missing here"]);
    assert_eq!(
        messages("title = \"nothing else\""),
        ["the keys `start`, `horizon_years`, `markets` and `stages` are missing here"]
    );
    let rest = "disruptions.d = { kind = \"outage\", hits = [\"*-smelter\", \"mine\"], rate_per_year = 1, duration_months = 1 }\n";
    for (table, misspelt) in
        [("markets", "market"), ("stages", "stage"), ("capacities", "capacites"), ("demands", "demand")]
    {
        let text = (SOUND.to_string() + rest).replace(&format!("\n{table}."), &format!("\n{misspelt}."));
        assert_eq!(messages(&text), [format!("there is no key `{misspelt}` here")]);
        let said = Study::from_text(&text).expect_err("a fault").to_string();
        assert!(said.contains(&format!("did you mean `{table}`?")), "{said}");
    }
    // What has nothing to do with it is told all the same.
    let text = SOUND.replace("\ncapacities.", "\ncapacites.") + "run.confidence = 2\n";
    assert_eq!(messages(&text), ["there is no key `capacites` here", "`confidence` lies between 0.5 and 0.9999"]);
    // A start that cannot be read says nothing about what lies before or after it.
    let late = "disruptions.d = { kind = \"outage\", hits = [\"mine\"], scheduled = [{ from = \"2030-01\", months = 1 }] }\n\
                milestones.m = { series = \"shortage.south.metal\", at_most = 0, for_months = 24 }\n";
    let text = SOUND.replace("horizon_years = 10", "horizon_years = \"10\"") + late;
    assert_eq!(messages(&text), ["a number is expected here"]);
}

#[test]
fn what_a_faulty_value_would_have_meant_is_not_asked_for_again() {
    for (text, expected) in [
        // The entry is gone with its value; those that name it are not at fault.
        (
            "projects.new = { country = \"Southland\", stage = \"metal\", tonnes_per_year = true, lead_months = 3 }\n\
             projects.next = { country = \"Southland\", stage = \"metal\", tonnes_per_year = 1, lead_months = 3, requires = [\"new\"] }\n\
             disruptions.d = { kind = \"outage\", hits = [\"new\"], rate_per_year = 1, duration_months = 1 }\n",
            "a number or a distribution such as `{ triangular = [5, 10, 20] }` is expected here",
        ),
        (
            "markets.west.countries = 5\ncapacities.w = { country = \"Westland\", stage = \"ore\", tonnes_per_year = 1 }\n\
             demands.w = { market = \"west\", stage = \"metal\", tonnes_per_year = 1 }\n",
            "a list in brackets is expected here",
        ),
        (
            "milestones.m = { series = 5, at_most = 0 }\nclaims.c = { who = \"x\", milestone = \"m\", within_months = 12 }\n\
             output.milestone = \"m\"\n",
            "text in quotes is expected here",
        ),
    ] {
        let found = messages(&format!("{SOUND}{text}"));
        let own = if text.starts_with("markets") { 2 } else { 1 };
        assert_eq!(found[0], expected, "{found:?}");
        assert!(found.len() <= own, "{found:?}");
    }
}

#[test]
fn all_missing_keys_of_an_entry_are_told_at_once() {
    let keys = "the keys `market`, `stage` and `tonnes_per_year` are missing here";
    refused(
        "demands.d = {}",
        "d",
        &[keys, "`market`: Market whose users want it.", "`tonnes_per_year`: Tonnes per year"],
    );
    refused(
        "demands.d = { market = \"south\", stage = \"metal\" }",
        "d",
        &["the key `tonnes_per_year` is missing here"],
    );
    // What is misspelt is not missing.
    refused(
        "demands.d = { markt = \"south\", stage = \"metal\", tonnes_per_year = 1 }",
        "markt",
        &["did you mean `market`?"],
    );
    let uniform =
        |keys: &str| format!("stages.metal.feeds.other = {{ weibull = {{ {keys} }} }}\nstages.other = {{}}\n");
    refused(&uniform(""), "weibull", &["the keys `shape` and `scale` are missing here"]);
    refused(&uniform("scale = 1"), "weibull", &["the key `shape` is missing here"]);
}

#[test]
fn what_is_expected_is_said_in_plain_words() {
    let plant = |value: &str| {
        format!("capacities.c = {{ country = \"Southland\", stage = \"metal\", tonnes_per_year = {value} }}")
    };
    let either = "a number or a distribution such as `{ triangular = [5, 10, 20] }` or a path by date such as";
    for (more, at, parts) in [
        (plant("[1, 2]"), "[1, 2]", &[either, "this is a list"][..]),
        (plant("{ normal = [1, 2] }"), "[1, 2]", &["a table with `mean`, `sd` is expected here", "this is a list"]),
        (plant("{ uniform = [1, 2, 3] }"), "[1, 2, 3]", &["a list of 2 numbers is expected here", "this has 3"]),
        (
            plant("{ uniform = [1, 2], pert = [1, 2, 3] }"),
            "{ uniform = [1, 2], pert = [1, 2, 3] }",
            &["this names 2 distributions: one is wanted"],
        ),
        (plant("{ min = 1 }"), "{ min = 1 }", &["this names no distribution", "write one, as in"]),
        (
            plant("{ gamma = { mean = 1 } }"),
            "{ mean = 1 }",
            &["2 of the keys `mean`, `sd`, `shape`, `scale` are expected here"],
        ),
        (plant("{ lognormal = { q10 = 1, p90 = 2 } }"), "q10", &["there is no key `q10` here"]),
        ("run.trials = 1.5".into(), "1.5", &["a whole number from 0 to", "this is 1.5"]),
        (
            "run.trials = \"many\"".into(),
            "\"many\"",
            &["a whole number is expected here", "this is text", "`trials`: Number of possible futures"],
        ),
        (
            "demands.d = { market = \"south\", stage = \"metal\", tonnes_per_year = 1, priority = 5000000000 }".into(),
            "5000000000",
            &["a whole number from 0 to 4294967295"],
        ),
        ("output = 3".into(), "3", &["a table is expected here"]),
        ("output.years = 1".into(), "1", &["`true` or `false` is expected here"]),
        ("run.percentiles = 50".into(), "50", &["a list in brackets is expected here"]),
        (
            "disruptions.d = { kind = \"outtage\" }".into(),
            "\"outtage\"",
            &["there is no `outtage` to choose here", "did you mean `outage`?"],
        ),
    ] {
        refused(&more, at, parts);
    }
    let unquoted = SOUND.replace("start = \"2026-01\"", "start = 2026-01-01");
    let said = Study::from_text(&unquoted).expect_err("a date").to_string();
    assert!(
        said.contains("a month such as `\"2026-07\"` is expected here") && said.contains("write it in quotes"),
        "{said}"
    );
    accepted("run.trials = 1e6");
}

/// Only what has a title is told to put it there.
#[test]
fn an_id_that_is_none_is_told_where_its_name_may_go() {
    let advised = |table: &str, entry: &str| {
        let faults = study(&format!("{table}.\"two words\" = {{ {entry} }}\n"), &[]).expect_err(table).to_string();
        assert!(faults.contains("an id is a letter"), "{table}: {faults}");
        faults.contains("put the name to print into `title`")
    };
    assert!(advised("markets", "countries = [\"Elsewhere\"]"));
    assert!(advised("stages", ""));
    assert!(!advised("capacities", "country = \"Northland\", stage = \"ore\", tonnes_per_year = 1"));
    assert!(!advised("ramp_shapes", "points = [[0, 0], [1, 1]]"));
}
