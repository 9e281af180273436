//! D: one outage against a stock. E: a stock that is refilled between outages.

use shortfall::engine::{DAYS_PER_MONTH, Trial};
use shortfall::math::{exp, ln};
use shortfall::model::Model;

use crate::TRIALS;
use crate::common::{ConfigBuilder, Estimate, check, indicator, listed, outcome_of, series_row, tell_apart};

/// Mean length of the outage of case D in days: six months of 365 / 12 days.
const MEAN_DAYS: f64 = 182.5;

/// A demand of a tonne a day, as much capacity, a stock of so many days that is never refilled, and an outage of everything
/// that begins at the start.
fn one_outage(stock_days: f64, outage: &str) -> ConfigBuilder {
    let stock = format!("target_days = {stock_days}, fill_tonnes_per_month = 0");
    let config = ConfigBuilder::new(10.0).demand(365).plant("plant", 365).outage("outage", "plant", outage);
    config.series(&["stock_days.all.product"]).stockpile("stock", &stock)
}

fn exponential(mean_months: f64) -> String {
    format!("active_at_start = 1, duration_months = {{ exponential = {{ mean = {mean_months} }} }}")
}

/// The outage outlasts `B` days of stock with probability `exp(-B / m)`, and then by `m` more on average: it has no memory.
/// Its part after the horizon of ten years weighs e^-20.
#[test]
fn d_stock_without_refill() {
    for (stock, stock_out, shortage) in [(60.0, 0.7198106, 131.3654), (180.0, 0.3729536, 68.0640)] {
        let exact = [exp(-stock / MEAN_DAYS), MEAN_DAYS * exp(-stock / MEAN_DAYS)];
        listed(exact[0], stock_out, 7);
        listed(exact[1], shortage, 4);
        let look = |model: &Model, trial: &Trial| {
            let total = outcome_of(model, trial, "total_shortage.all.product");
            [indicator(total > 0.0), total]
        };
        let right = one_outage(stock, &exponential(6.0)).observe(TRIALS, look);
        let longer = one_outage(stock, &exponential(6.0 * 1.02)).observe(TRIALS, look);
        tell_apart(&format!("D stock of {stock} days"), &right, &longer, &exact);
        let smaller = one_outage(stock - 2.0, &exponential(6.0)).observe(TRIALS, look);
        check("D smaller stock, wrong twin", &smaller, &exact).expect_err("two days of stock are noticed");
    }
}

/// One run gives the whole curve of stock against risk: the stock that would have sufficed is the length of the outage.
#[test]
fn d_stock_that_would_have_sufficed() {
    let cover = -MEAN_DAYS * ln(0.05);
    listed(cover, 546.7211, 4);
    let look = |model: &Model, trial: &Trial| {
        let needed = outcome_of(model, trial, "stock_needed.all.product");
        [indicator(needed <= cover), indicator(needed <= 60.0), indicator(needed <= 180.0), needed]
    };
    let exact = [0.95, 1.0 - exp(-60.0 / MEAN_DAYS), 1.0 - exp(-180.0 / MEAN_DAYS), MEAN_DAYS];
    // Whatever stock is held.
    for stock in [0.0, 100.0] {
        let right = one_outage(stock, &exponential(6.0)).observe(TRIALS / 2, look);
        let longer = one_outage(stock, &exponential(6.0 * 1.02)).observe(TRIALS / 2, look);
        tell_apart("D stock needed", &right, &longer, &exact);
    }
}

/// A loss of 0.9 that heals by 0.14 a year is over after 0.9 / 0.14 years and adds up to half of 0.9 times that; a stock of
/// half a year is used up.
#[test]
fn d_linear_recovery() {
    let exact = 365.0 * (0.5 * 0.9 * (0.9 / 0.14) - 0.5);
    listed(exact / 365.0, 2.392857, 6);
    let months = 12.0 * 0.9 / 0.14;
    let look = |model: &Model, trial: &Trial| [outcome_of(model, trial, "total_shortage.all.product")];
    let total = |outage: String| one_outage(182.5, &outage).observe(3, look);
    let right =
        total(format!("recovery = \"linear\", severity = 0.9, active_at_start = 1, remaining_months = {months}"));
    let shorter = total(format!(
        "recovery = \"linear\", severity = 0.9, active_at_start = 1, duration_months = {}",
        months - 1.0
    ));
    tell_apart("D linear recovery", &right, &shorter, &[exact]);
    // Known in advance, the same episode is the same episode.
    let scheduled = total(format!(
        "recovery = \"linear\", scheduled = [{{ from = \"2026-01\", months = {months}, severity = 0.9 }}]"
    ));
    check("D scheduled", &scheduled, &[exact]).expect("the same as an episode that runs");
    // Begun a month before the start, and with that month's loss already behind.
    let before = total(format!(
        "recovery = \"linear\", scheduled = [{{ from = \"2025-12\", months = {months}, severity = 0.9 }}]"
    ));
    let first_month = 365.0 / 12.0 * 0.9 * (1.0 - 0.5 / months);
    check("D begun before the start", &before, &[exact - first_month]).expect("less what is past");
    let step = total(format!("severity = 0.9, active_at_start = 1, duration_months = {months}"));
    check("D step, wrong twin", &step, &[exact]).expect_err("without recovery it is more");
}

/// The fluid buffer of case E: months between outages, months of an outage, tonnes of stock; filled with 10 t a month,
/// drained with 100.
#[derive(Clone, Copy)]
struct Buffer {
    up: f64,
    down: f64,
    full: f64,
}

const FILL: f64 = 10.0;
const DRAIN: f64 = 100.0;

/// The steady state of a fluid buffer fed by an on-off source (Anick, Mitra & Sondhi 1982): the density of the stock while up
/// is `weight exp(-x / length)`, ten times that while down.
struct Steady {
    /// Scale of the exponential density.
    length: f64,
    /// Probability of a stock that is neither empty nor full while up, of a full one, and of an empty one (while down).
    between: f64,
    full: f64,
    empty: f64,
    /// Mean stock.
    mean: f64,
}

impl Buffer {
    fn steady(self) -> Steady {
        let length = 1.0 / (1.0 / (self.up * FILL) - 1.0 / (self.down * DRAIN));
        let cut = exp(-self.full / length);
        // Mass of each piece for a density of 1 at an empty stock.
        let between = length * (1.0 - cut);
        let (full, empty) = (self.up * FILL * cut, self.down * FILL);
        let total = between * (1.0 + FILL / DRAIN) + full + empty;
        let mean_between = length * (between - self.full * cut);
        Steady {
            length,
            between: between / total,
            full: full / total,
            empty: empty / total,
            mean: (mean_between * (1.0 + FILL / DRAIN) + full * self.full) / total,
        }
    }

    /// The buffer started in its steady state, either up or down. `rate` multiplies the outages.
    fn config(self, is_down: bool, rate: f64) -> ConfigBuilder {
        let steady = self.steady();
        let days = DAYS_PER_MONTH / DRAIN;
        let (of, weight, atom, weight_of_atom) = if is_down {
            (steady.length, steady.between * FILL / DRAIN, 0.0, steady.empty)
        } else {
            (steady.length, steady.between, self.full, steady.full)
        };
        let (target, mean, atom) = (self.full * days, of * days, atom * days);
        let stock = format!(
            "target_days = {target}, fill_tonnes_per_month = {FILL}, initial_days = {{ mixture = [\
             {{ weight = {weight}, of = {{ exponential = {{ mean = {mean} }}, max = {target} }} }}, \
             {{ weight = {weight_of_atom}, of = {atom} }}] }}"
        );
        let outage = format!(
            "rate_per_year = {}, duration_months = {{ exponential = {{ mean = {} }} }}, active_at_start = {}",
            12.0 * rate / self.up,
            self.down,
            indicator(is_down)
        );
        let config = ConfigBuilder::new(100.0).demand(12.0 * DRAIN).plant("plant", 12.0 * (DRAIN + FILL));
        let config = config.stockpile("stock", &stock).outage("outage", "plant", &outage);
        config.series(&["stock_days.all.product", "shortage.all.product"])
    }

    /// Share of a hundred years in which the source is expected to be down, if it is at first with probability 1/9: that of
    /// an alternating renewal process.
    fn expected_downtime(self, rate: f64) -> f64 {
        let (failure, repair) = (rate / self.up, 1.0 / self.down);
        let (sum, months) = (failure + repair, 1200.0);
        let (first, always) = (self.down / (self.up + self.down), failure / sum);
        always + (first - always) * (1.0 - exp(-sum * months)) / (sum * months)
    }

    /// Loss per month and mean stock over a hundred years. Both follow the downtime of the trial, whose expectation is known:
    /// taking its part away (a control variate) leaves a fifth of the error, whatever the slopes.
    fn simulate(self, trials: u64, rate: f64) -> [Estimate; 2] {
        let expected = self.expected_downtime(rate);
        let look = |model: &Model, trial: &Trial| {
            let mean = |name: &str| series_row(model, trial, name).iter().sum::<f64>() / 1200.0;
            let surplus = outcome_of(model, trial, "disrupted_months.outage") / 1200.0 - expected;
            let stock = mean("stock_days.all.product") * DRAIN / DAYS_PER_MONTH;
            [mean("shortage.all.product") - 83.0 * surplus, stock + 1.9 * self.full * surplus]
        };
        // As many trials begin down as the source is down.
        let of_down = (trials as f64 * self.down / (self.up + self.down)).round() as u64;
        let up = self.config(false, rate).observe(trials - of_down, look);
        let down = self.config(true, rate).observe(of_down, look);
        let share = of_down as f64 / trials as f64;
        std::array::from_fn(|place| {
            let (up, down) = (up[place], down[place]);
            let error = ((1.0 - share) * up.error).hypot(share * down.error);
            Estimate { value: (1.0 - share) * up.value + share * down.value, error }
        })
    }
}

/// The program goes by months and the closed form by moments, so that they agree only as far as a month is short against
/// outages and stock; with all times twelvefold, better. A month's own surplus offsets its own outage, which the closed form
/// does not know. Fewer trials, as the horizon is long: the errors are far below what is allowed.
fn agrees(found: [Estimate; 2], buffer: Buffer, tolerance: f64) -> bool {
    let steady = buffer.steady();
    let exact = [DRAIN * steady.empty, steady.mean];
    found.iter().zip(exact).all(|(found, exact)| {
        let deviation = found.value / exact - 1.0;
        println!("E: {} +- {} against {exact}: {:+.3} %", found.value, found.error, 100.0 * deviation);
        assert!(found.error < 0.2 * tolerance * exact, "too few trials to tell");
        deviation.abs() <= tolerance
    })
}

#[test]
fn e_stock_with_refill() {
    let monthly = Buffer { up: 48.0, down: 6.0, full: 300.0 };
    let steady = monthly.steady();
    listed(DRAIN * steady.empty, 7.558515, 6);
    listed(steady.mean, 217.48574, 5);
    listed(DRAIN * 6.0 / 54.0, 11.1111, 4);
    assert!(agrees(monthly.simulate(10_000, 1.0), monthly, 0.015));
    assert!(!agrees(monthly.simulate(10_000, 1.04), monthly, 0.015), "the wrong twin passes");
}

#[test]
fn e_stock_with_refill_and_longer_times() {
    let yearly = Buffer { up: 576.0, down: 72.0, full: 3600.0 };
    listed(DRAIN * yearly.steady().empty, 7.558515, 6);
    assert!(agrees(yearly.simulate(30_000, 1.0), yearly, 0.0075));
    assert!(!agrees(yearly.simulate(30_000, 1.02), yearly, 0.0075), "the wrong twin passes");
}
