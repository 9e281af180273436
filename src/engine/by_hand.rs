//! Months computed by hand.

mod plan;
mod trend;

use super::*;
use crate::study::Study;

/// A model with the markets `a` and `b` (countries `A`, `B`) over a year.
fn model(text: &str) -> Model {
    // Keys of the config itself stand before any table.
    let (keys, tables) = text.split_at(text.find('[').unwrap_or(0));
    let text = format!(
        "title = \"by hand\"\nstart = \"2026-01\"\nhorizon_years = 1\n{keys}\n[markets.a]\ncountries = [\"A\"]\n\
         [markets.b]\ncountries = [\"B\"]\n{tables}"
    );
    let mut study = Study::from_text(&text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    study.scenarios.remove(0).model
}

/// Simulates the first trial, and gives its series and outcomes by name.
fn simulated(text: &str) -> impl Fn(&str) -> Vec<f64> + use<> {
    let model = model(text);
    let trial = Engine::new(&model).trial(0);
    move |name| {
        let series = model.series.iter().position(|spec| spec.name == name);
        let outcome = model.outcomes.iter().position(|spec| spec.name == name);
        match (series, outcome) {
            (Some(index), _) => trial.series[index].clone(),
            (None, Some(index)) => vec![trial.outcomes[index]],
            _ => panic!("there is no {name}"),
        }
    }
}

/// Asserts the first months of a series.
fn assert_starts(found: &[f64], wanted: &[f64]) {
    for (month, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() < 1e-9, "month {month}: found {found}, wanted {wanted}");
    }
}

fn capacity(id: &str, country: &str, stage: &str, monthly: f64) -> String {
    let yearly = 12.0 * monthly;
    format!("[capacities.{id}]\ncountry = \"{country}\"\nstage = \"{stage}\"\ntonnes_per_year = {yearly}\n")
}

fn demand(id: &str, market: &str, stage: &str, monthly: f64) -> String {
    let yearly = 12.0 * monthly;
    format!("[demands.{id}]\nmarket = \"{market}\"\nstage = \"{stage}\"\ntonnes_per_year = {yearly}\n")
}

/// The stockpile of a stage in a market: its target, and whatever else.
fn stockpile(market: &str, stage: &str, rest: &str) -> String {
    format!("[stockpiles.{market}]\nmarket = \"{market}\"\nstage = \"{stage}\"\n{rest}\n")
}

/// An outage of `hits` for some months from `from` on.
fn outage(hits: &str, from: &str, months: f64, severity: f64) -> String {
    format!(
        "[disruptions.outage]\nkind = \"outage\"\nhits = [\"{hits}\"]\n\
         scheduled = [{{ from = \"{from}\", months = {months}, severity = {severity} }}]\n"
    )
}

const PRODUCT: &str = "[stages.product]\n[output]\nseries = [\"*\"]\n";

/// The head of a model with one stage that records `series`.
fn product(series: &[&str]) -> String {
    PRODUCT.replace("\"*\"", &series.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}

#[test]
fn capacity_and_demand_grow_from_the_start_of_the_month() {
    let text = product(&["production.a.product", "demand.a.product"])
        + &capacity("plant", "A", "product", 10.0)
        + "growth_per_year = 0.21\n"
        + &demand("users", "a", "product", 4.0)
        + "growth_per_year = -0.19\n"
        + "[disruptions.boom]\nkind = \"demand-surge\"\nmarkets = [\"a\"]\n\
           scheduled = [{ from = \"2026-12\", months = 5, severity = 1.5 }]\n";
    let of = simulated(&text);
    let grown = |first: f64, yearly: f64, month: i32| first * crate::math::pow(yearly, f64::from(month) / 12.0);
    assert_starts(&of("production.a.product"), &(0..12).map(|m| grown(10.0, 1.21, m)).collect::<Vec<_>>());
    assert_starts(&of("demand.a.product"), &(0..11).map(|m| grown(4.0, 0.81, m)).collect::<Vec<_>>());
    assert!((of("demand.a.product")[11] - 2.5 * grown(4.0, 0.81, 11)).abs() < 1e-9);
}

/// A stock of 12 t, to be 24, that fills by 1.5 and releases 7 t a month at most. Two a month are left over, and two months
/// make nothing.
#[test]
fn a_stock_is_released_and_filled() {
    let stock = "target_days = 73\ninitial_days = 36.5\nfill_tonnes_per_month = 1.5\nrelease_tonnes_per_month = 7";
    let text = product(&["stock_days.a.product", "shortage.a.product", "shortage_fraction.a.product"])
        + &capacity("plant", "A", "product", 12.0)
        + &demand("users", "a", "product", 10.0)
        + &stockpile("a", "product", stock)
        + &outage("plant", "2026-03", 2.0, 1.0);
    let of = simulated(&text);
    let tonnes: Vec<f64> = of("stock_days.a.product").iter().map(|days| days / DAYS_PER_MONTH * 10.0).collect();
    assert_starts(&tonnes, &[13.5, 15.0, 8.0, 1.0, 2.5, 4.0]);
    assert_starts(&of("shortage.a.product"), &[0.0, 0.0, 3.0, 3.0, 0.0, 0.0]);
    assert_starts(&of("shortage_fraction.a.product"), &[0.0, 0.0, 0.3, 0.3, 0.0, 0.0]);
    for (outcome, wanted) in [
        ("total_shortage", 6.0),
        ("worst_month", 0.3),
        ("first_shortage", 2.0),
        ("longest_shortage", 2.0),
        ("worst_12_months", 6.0),
        // Full at the start, it must last for both months.
        ("stock_needed", 20.0),
    ] {
        assert_starts(&of(&format!("{outcome}.a.product")), &[wanted]);
    }
}

/// Ten tonnes that nobody bought, wanted by a stock of 20 t a month and by one of 5 in the other market; a control into that
/// market lets half of its part through.
#[test]
fn stocks_share_what_nobody_bought() {
    let stock = |market: &str, fill: f64| {
        let rest = format!("target_days = 3650\ninitial_days = 0\nfill_tonnes_per_month = {fill}");
        stockpile(market, "product", &rest)
    };
    let text = product(&["stock_days.*.product"])
        + &capacity("a", "A", "product", 70.0)
        + &capacity("b", "B", "product", 30.0)
        + &demand("a", "a", "product", 60.0)
        + &demand("b", "b", "product", 30.0)
        + &stock("a", 20.0)
        + &stock("b", 5.0)
        + "[disruptions.control]\nkind = \"export-control\"\nfrom = [\"a\"]\nto = [\"b\"]\nleakage = 0.375\n\
           scheduled = [{ from = \"2026-02\", months = 1, severity = 0.8 }]\n";
    let of = simulated(&text);
    let tonnes = |market: &str, demand: f64| -> Vec<f64> {
        of(&format!("stock_days.{market}.product")).iter().map(|days| days / DAYS_PER_MONTH * demand).collect()
    };
    assert_starts(&tonnes("a", 60.0), &[8.0, 16.0, 24.0]);
    assert_starts(&tonnes("b", 30.0), &[2.0, 3.0, 5.0]);
}

/// Half of ten tonnes are missing for five months: a tenth is learnt each month up to a quarter, and from the month after
/// the shortage on a twentieth is forgotten.
#[test]
fn users_learn_to_save_and_forget() {
    let text = |severity: f64| {
        product(&["requirement.a.product", "shortage.a.product", "demand.a.product"])
            + &capacity("plant", "A", "product", 10.0)
            + &demand("users", "a", "product", 10.0)
            + "[response.a]\nthrift_per_year = 1.2\nmax = 0.25\nrelapse_per_year = 0.6\n"
            + &outage("plant", "2026-01", 5.0, severity)
    };
    let of = simulated(&text(0.5));
    assert_starts(&of("requirement.a.product"), &[10.0, 9.0, 8.0, 7.5, 7.5, 7.5, 8.0, 8.5, 9.0, 9.5, 10.0, 10.0]);
    assert_starts(&of("shortage.a.product"), &[5.0, 4.0, 3.0, 2.5, 2.5, 0.0, 0.0]);
    assert_eq!(of("demand.a.product"), [10.0; 12]);
    // One hundredth of demand is not yet a reason, a little more is.
    assert_starts(&simulated(&text(0.0099))("requirement.a.product"), &[10.0, 10.0, 10.0]);
    assert_starts(&simulated(&text(0.0101))("requirement.a.product"), &[10.0, 9.0, 9.5, 10.0, 9.0]);
}

/// 4 t are served first; 6 and 3 t share the rest in proportion.
#[test]
fn those_of_higher_priority_are_served_first() {
    let text = |made: f64| {
        product(&["unserved.*", "loss_usd.a.product"])
            + &capacity("plant", "A", "product", made)
            + &demand("zz-first", "a", "product", 4.0)
            + "priority = 1\nloss_usd_per_tonne = 100\n"
            + &demand("later", "a", "product", 6.0)
            + "priority = 2\nloss_usd_per_tonne = 10\n"
            + &demand("last", "a", "product", 3.0)
            + "priority = 2\n"
    };
    for (made, unserved, loss) in [(7.0, [0.0, 4.0, 2.0], 40.0), (3.0, [1.0, 6.0, 3.0], 160.0), (13.0, [0.0; 3], 0.0)] {
        let of = simulated(&text(made));
        for (name, unserved) in ["zz-first", "later", "last"].iter().zip(unserved) {
            assert_starts(&of(&format!("unserved.{name}")), &[unserved; 12]);
        }
        assert_starts(&of("loss_usd.a.product"), &[loss; 12]);
        assert_starts(&of("total_loss.a.product"), &[12.0 * loss]);
    }
}

/// Ten tonnes of ore: four for those who use it as it is, the other six for two works that could use six and three.
#[test]
fn a_feed_is_shared_by_what_could_be_used() {
    let text = "[stages.ore]\n[stages.metal]\nfeeds = { ore = 2 }\n[stages.paint]\nfeeds = { ore = 0.5 }\n\
                [output]\nseries = [\"production.*.*\", \"requirement.*.*\", \"shortage.*.ore\"]\n"
        .to_owned()
        + &capacity("mine", "A", "ore", 10.0)
        + &capacity("smelter", "A", "metal", 3.0)
        + &capacity("mill", "A", "paint", 6.0)
        + &demand("users", "a", "ore", 4.0);
    let of = simulated(&text);
    // Nobody wants metal or paint, so that they plan nothing; but what is left of the ore goes to them, 2 to 1.
    assert_starts(&of("requirement.a.ore"), &[4.0]);
    assert_starts(&of("production.a.metal"), &[2.0]);
    assert_starts(&of("production.a.paint"), &[4.0]);
    assert_starts(&of("shortage.a.ore"), &[0.0]);
}

/// A stock of ore of half a month keeps the smelter going half of a month without a mine; by feed it is worth two of metal.
#[test]
fn a_stock_of_feed_is_used_before_the_next_stage() {
    let text =
        "[stages.ore]\n[stages.metal]\nfeeds = { ore = 2 }\n[output]\nseries = [\"production.*.*\", \"shortage.a.*\"]\n"
            .to_owned()
            + &capacity("mine", "A", "ore", 8.0)
            + &capacity("smelter", "A", "metal", 4.0)
            + &demand("users", "a", "metal", 4.0)
            + &stockpile("a", "ore", &format!("target_days = {}", 0.5 * DAYS_PER_MONTH))
            + &outage("mine", "2026-02", 2.0, 1.0);
    let of = simulated(&text);
    assert_starts(&of("production.a.metal"), &[4.0, 2.0, 0.0, 4.0]);
    assert_starts(&of("shortage.a.metal"), &[0.0, 2.0, 4.0, 0.0]);
    // Of a product that nobody finally uses, the shortage is the feed that is missing.
    assert_starts(&of("shortage.a.ore"), &[0.0, 4.0, 8.0, 0.0]);
}

/// The middle of a month decides: of a ramp, a start and a closure.
#[test]
fn projects_are_judged_at_the_middle_of_the_month() {
    let project = |begins: f64, ramp: &str| {
        product(&["production.a.product"])
            + &format!(
                "[projects.p]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 240\nutilisation = 0.5\n\
                 begins = {begins}\n{ramp}\n"
            )
    };
    let made = |begins: f64, ramp: &str| simulated(&project(begins, ramp))("production.a.product");
    assert_starts(&made(2.25, "ramp = { months = 2 }"), &[0.0, 0.0, 1.25, 6.25, 10.0, 10.0]);
    assert_starts(&made(-1.5, "ramp = { months = 4 }"), &[5.0, 7.5, 10.0, 10.0]);
    assert_starts(&made(0.5, "ramp = { months = 1, shape = \"s-curve\" }"), &[0.0, 10.0]);
    assert_starts(&made(1.0, "ramp = { months = 2, shape = \"s-curve\" }"), &[0.0, 1.5625, 8.4375, 10.0]);
    assert_starts(&made(1.5, ""), &[0.0, 10.0]);
    assert_starts(&made(1.500001, ""), &[0.0, 0.0, 10.0]);
    let scale = 1.0 - crate::math::exp(-3.0);
    let half = (1.0 - crate::math::exp(-1.5)) / scale;
    assert_starts(&made(0.5, "ramp = { months = 2, shape = \"exponential\" }"), &[0.0, 10.0 * half, 10.0]);
}

#[test]
fn a_closed_project_makes_nothing_more() {
    let text = product(&["production.a.product"])
        + "[projects.p]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 12\nbegins = { uniform = [-3, 6] }\n\
           closure_rate_per_year = 2\n[projects.after]\ncountry = \"B\"\nstage = \"product\"\ntonnes_per_year = 12\n\
           lead_months = 1\nrequires = [\"p\"]\n";
    let model = model(&text);
    let engine = Engine::new(&model);
    let index = |id: &str| model.projects.iter().position(|project| project.id == id).expect("it is there");
    for number in 0..300 {
        let trial = engine.trial(number);
        let (start, closure) = (trial.starts[index("p")], trial.closures[index("p")]);
        assert!(closure > start);
        for (month, made) in trial.series[0].iter().enumerate() {
            let middle = month as f64 + 0.5;
            let works = start <= middle && middle <= closure;
            assert_eq!(*made, f64::from(u8::from(works)), "month {month}, from {start} to {closure}");
        }
        assert_eq!(trial.starts[index("after")], start.max(1.0), "it waits for what it requires");
    }
}

/// The milestone's spell begins where it lasts long enough, and counts only if it completes within the horizon.
#[test]
fn a_milestone_is_the_start_of_a_lasting_spell() {
    let text = |months: u32| {
        product(&["production.a.product"])
            + &capacity("plant", "A", "product", 10.0)
            + "[disruptions.outage]\nkind = \"outage\"\nhits = [\"plant\"]\nscheduled = [\
               { from = \"2026-03\", months = 1 }, { from = \"2026-07\", months = 2 }]\n"
            + &format!(
                "[milestones.up]\nseries = \"production.a.product\"\nat_least = 10\nfor_months = {months}\n\
                 [milestones.down]\nseries = \"production.a.product\"\nat_most = 0\nfor_months = 2\n"
            )
    };
    for (months, date) in [(1, 0.0), (2, 0.0), (3, 3.0), (4, 8.0), (5, f64::INFINITY)] {
        let of = simulated(&text(months));
        assert_eq!(of("milestone.up"), [date], "{months} months on end");
        assert_eq!(of("milestone.down"), [6.0]);
    }
}

/// Without market `b`: three of light and two of heavy ore for metal that takes one and a half of each, over the others'
/// demand, for the metal and through its ratio for the ores.
#[test]
fn coverage_is_the_serial_bottleneck_of_the_others() {
    let text = "[stages.light]\n[stages.heavy]\n[stages.metal]\nfeeds = { light = 1.5, heavy = 0.5 }\n\
                [output]\nseries = [\"coverage_without.b.*\"]\n"
        .to_owned()
        + &capacity("light", "A", "light", 3.0)
        + &capacity("heavy", "A", "heavy", 2.0)
        + &capacity("metal", "A", "metal", 5.0)
        + &capacity("b", "B", "metal", 100.0)
        + &demand("users", "a", "metal", 8.0)
        + &demand("glass", "a", "heavy", 0.5)
        + &demand("theirs", "b", "metal", 50.0);
    let of = simulated(&text);
    // Heavy: 2 less 0.5 for glass makes 3 of metal; light makes 2: that is the bottleneck.
    assert_starts(&of("coverage_without.b.metal"), &[2.0 / 8.0]);
    assert_starts(&of("coverage_without.b.light"), &[3.0 / 12.0]);
    assert_starts(&of("coverage_without.b.heavy"), &[2.0 / 4.5]);
}

/// Half of the supply is missing for a year. Users learn to save, but with enough stock they would not have: 600 t it takes,
/// and not the 300 t that are missing from what they still want.
#[test]
fn the_stock_needed_serves_demand_before_thrift() {
    let text = product(&["requirement.a.product"])
        + &capacity("plant", "A", "product", 100.0)
        + &demand("users", "a", "product", 100.0)
        + "[response.a]\nthrift_per_year = 0.6\nmax = 0.4\n"
        + &outage("plant", "2026-01", 12.0, 0.5);
    let of = simulated(&text);
    assert!(of("requirement.a.product")[11] < 61.0);
    assert_starts(&of("stock_needed.a.product"), &[600.0]);
    assert!(of("total_shortage.a.product")[0] < 400.0);
}

/// Two gaps of 200 t and ten months of 10 t to refill between them; the other market's stock is full, and claims nothing.
#[test]
fn a_full_stock_elsewhere_claims_no_refill() {
    let text = product(&["stock_days.*.product"])
        + &capacity("a", "A", "product", 110.0)
        + &capacity("b", "B", "product", 50.0)
        + &demand("a", "a", "product", 100.0)
        + &demand("b", "b", "product", 50.0)
        + &stockpile("a", "product", "target_days = 0\nfill_tonnes_per_month = 10")
        + &stockpile("b", "product", "target_days = 30")
        + "[disruptions.outage]\nkind = \"outage\"\nhits = [\"a\"]\n\
           scheduled = [{ from = \"2026-02\", months = 2 }, { from = \"2026-09\", months = 2 }]\n\
           [disruptions.wall]\nkind = \"export-control\"\nfrom = [\"b\"]\nto = [\"a\"]\n\
           scheduled = [{ from = \"2026-01\", months = 12 }]\n";
    assert_starts(&simulated(&text)("stock_needed.a.product"), &[200.0 - 50.0 + 200.0]);
}

/// A control leaves ore for its users and not all of the feed, and some ore unsold abroad: as long as feed is short, no stock is
/// refilled. So two months without ore take a stock of two months.
#[test]
fn nothing_is_refilled_while_feed_is_short() {
    let text = "[stages.ore]\n[stages.metal]\nfeeds = { ore = 1 }\n\
                [output]\nseries = [\"shortage.a.ore\", \"production.a.metal\"]\n"
        .to_owned()
        + &capacity("mine", "B", "ore", 20.0)
        + &capacity("smelter", "A", "metal", 10.0)
        + &demand("users", "a", "ore", 5.0)
        + &demand("makers", "a", "metal", 10.0)
        + "[disruptions.outage]\nkind = \"outage\"\nhits = [\"mine\"]\n\
           scheduled = [{ from = \"2026-02\", months = 1 }, { from = \"2026-05\", months = 1 }]\n\
           [disruptions.quota]\nkind = \"export-control\"\nfrom = [\"b\"]\nto = [\"a\"]\n\
           scheduled = [{ from = \"2026-03\", months = 2, severity = 0.6 }]\n";
    let of = simulated(&text);
    assert_starts(&of("production.a.metal"), &[10.0, 0.0, 1.0, 1.0, 0.0, 10.0]);
    assert_starts(&of("shortage.a.ore"), &[0.0, 5.0, 0.0, 0.0, 5.0, 0.0]);
    assert_starts(&of("stock_needed.a.ore"), &[10.0]);
}

/// Without a stockpile the refill is whatever is unsold that the market may buy: here all that the other market leaves.
#[test]
fn without_a_stockpile_the_refill_is_what_is_unsold() {
    let text = product(&["shortage.a.product"])
        + &capacity("a", "A", "product", 10.0)
        + &capacity("b", "B", "product", 7.0)
        + &demand("a", "a", "product", 10.0)
        + &demand("b", "b", "product", 4.0)
        + "[disruptions.outage]\nkind = \"outage\"\nhits = [\"a\", \"b\"]\n\
           scheduled = [{ from = \"2026-02\", months = 2 }, { from = \"2026-05\", months = 1 }]\n";
    // 20 t short, 3 t refilled in April, 10 t short again.
    assert_starts(&simulated(&text)("stock_needed.a.product"), &[27.0]);
}

#[test]
fn what_a_single_demand_does_not_get_is_its_shortage() {
    let text = product(&["unserved.users", "shortage.a.product"]) + &demand("users", "a", "product", 100.0);
    let of = simulated(&text);
    assert_starts(&of("unserved.users"), &[100.0; 12]);
    assert_eq!(of("unserved.users"), of("shortage.a.product"));
}

/// Two products share a feed of 10 t a month, of which they need 5 t each; one of them could use 100 t.
#[test]
fn a_shared_feed_is_divided_by_need() {
    let text = "[stages.feed]\n[stages.product]\nfeeds = { feed = 1 }\n[stages.other]\nfeeds = { feed = 1 }\n\
                [output]\nseries = [\"coverage_without.a.*\"]\n"
        .to_string()
        + &capacity("feed", "B", "feed", 10.0)
        + &capacity("product", "B", "product", 10.0)
        + &capacity("other", "B", "other", 100.0)
        + &demand("product", "b", "product", 5.0)
        + &demand("other", "b", "other", 5.0);
    let of = simulated(&text);
    for stage in ["feed", "product", "other"] {
        assert_starts(&of(&format!("coverage_without.a.{stage}")), &[1.0; 12]);
    }
}

/// A stock of something that nobody wants lasts for no number of days.
#[test]
fn days_of_stock_need_a_requirement() {
    let text = product(&["stock_days.a.product"])
        + &capacity("plant", "A", "product", 10.0)
        + &stockpile("a", "product", "target_days = 30");
    assert_eq!(simulated(&text)("stock_days.a.product"), [f64::INFINITY; 12]);
}

/// Loops over more than four markets are those for any number of them.
#[test]
fn five_markets_share_what_one_has_left() {
    let text = product(&["shortage.*.product"])
        + &["c", "d", "e"].map(|id| format!("[markets.{id}]\ncountries = [\"{}\"]\n", id.to_uppercase())).concat()
        + &capacity("plant", "A", "product", 100.0)
        + &["a", "b", "c", "d", "e"].map(|id| demand(id, id, "product", 20.0)).concat()
        + &stockpile("e", "product", &format!("target_days = {}", 0.5 * DAYS_PER_MONTH))
        + &outage("plant", "2026-02", 1.0, 0.5);
    let of = simulated(&text);
    // Of 50 t, 20 stay at home; the others get a quarter of the rest, and one has a stock of 10 t.
    for (market, short) in [("a", 0.0), ("b", 12.5), ("c", 12.5), ("d", 12.5), ("e", 2.5)] {
        assert_starts(&of(&format!("shortage.{market}.product")), &[0.0, short, 0.0]);
    }
}
