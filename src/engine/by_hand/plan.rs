//! Steps, matching, what returns unused, and the ends of projects: small cases by hand.

use super::*;

/// Users of 10 t a month, the last plant stands still from March to May. A quarter is missing in the second of those months,
/// all in the third.
#[test]
fn short_months_and_what_is_served_are_counted() {
    let text = product(&["stock.a.product", "unsold.a.product", "thrift.a.product"])
        + &capacity("plant", "A", "product", 12.0)
        + &demand("users", "a", "product", 10.0)
        + &stockpile("a", "product", "target_tonnes = 20\ninitial_tonnes = 13.5")
        + &outage("plant", "2026-03", 3.0, 1.0);
    let of = simulated(&text);
    assert_starts(&of("stock.a.product"), &[15.5, 17.5, 7.5, 0.0, 0.0, 2.0]);
    assert_starts(&of("unsold.a.product"), &[0.0; 12]);
    assert_starts(&of("months_short.a.product"), &[2.0]);
    assert_starts(&of("total_shortage.a.product"), &[12.5]);
    assert_starts(&of("fill_rate.a.product"), &[1.0 - 12.5 / 120.0]);
}

/// Users of b want 40 t a month, and 15 t more reach them inside goods from a: without a, b's 50 t cover 125 % of what it wants
/// and 50 of 55 t of what it uses. Nothing of that is traded.
#[test]
fn use_inside_goods_counts_in_one_series_alone() {
    let text = "[stages.product]\n[output]\nseries = [\"coverage_without.a.product\", \"coverage_in_use_without.a.product\", \"requirement.b.product\"]\n"
        .to_string()
        + &capacity("b", "B", "product", 50.0)
        + &demand("users", "b", "product", 40.0)
        + &demand("goods", "b", "product", 15.0)
        + "embedded_from = \"a\"\n";
    let of = simulated(&text);
    assert_starts(&of("coverage_without.a.product"), &[1.25; 12]);
    assert_starts(&of("coverage_in_use_without.a.product"), &[50.0 / 55.0; 12]);
    assert_starts(&of("requirement.b.product"), &[40.0; 12]);
    assert_starts(&of("total_shortage.b.product"), &[0.0]);
}

/// A plant of 20 t a month stands still for the first half of March, while users want 10 t.
#[test]
fn a_step_does_not_make_up_for_another() {
    let text = |steps: u32| {
        format!("steps_per_month = {steps}\n")
            + &product(&["shortage.a.product", "production.a.product", "unsold.a.product", "capacity.a.product"])
            + &capacity("plant", "A", "product", 20.0)
            + &demand("users", "a", "product", 10.0)
            + &outage("plant", "2026-03", 0.5, 1.0)
    };
    for (steps, lost) in [(1, 0.0), (2, 5.0), (10, 5.0), (60, 5.0)] {
        let of = simulated(&text(steps));
        assert_starts(&of("shortage.a.product"), &[0.0, 0.0, lost, 0.0]);
        assert_starts(&of("capacity.a.product"), &[20.0, 20.0, 10.0, 20.0]);
        assert_starts(&of("production.a.product"), &[20.0, 20.0, 10.0, 20.0]);
        assert_starts(&of("unsold.a.product"), &[10.0, 10.0, lost, 10.0]);
        assert_starts(&of("stock_needed.a.product"), &[lost]);
    }
}

/// Light and heavy feed in equal parts; the heavy one is missing in April. What was released from the stock of light feed and
/// could not be used is back in it.
#[test]
fn released_feed_that_cannot_be_used_returns() {
    let text = "[stages.light]\n[stages.heavy]\n[stages.product]\nfeeds = { light = 0.5, heavy = 0.5 }\n\
                [output]\nseries = [\"stock.a.light\", \"unused.a.light\", \"production.a.product\", \"unused.a.heavy\"]\n"
        .to_string()
        + &capacity("light", "A", "light", 2.0)
        + &capacity("heavy", "A", "heavy", 5.0)
        + &capacity("plant", "A", "product", 10.0)
        + &demand("users", "a", "product", 10.0)
        + &stockpile("a", "light", "target_tonnes = 12")
        + &outage("heavy", "2026-04", 1.0, 1.0);
    let of = simulated(&text);
    assert_starts(&of("production.a.product"), &[10.0, 10.0, 10.0, 0.0, 10.0, 4.0]);
    assert_starts(&of("stock.a.light"), &[9.0, 6.0, 3.0, 3.0, 0.0]);
    // The two tonnes made in April are lost to the month; the three released are not.
    assert_starts(&of("unused.a.light"), &[0.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    assert_starts(&of("unused.a.heavy"), &[0.0, 0.0, 0.0, 0.0, 0.0, 3.0]);
}

/// Light feed of one market and heavy feed of the other meet by ordinary trade, wherever there is capacity to join them.
#[test]
fn feeds_of_two_markets_meet() {
    let text = "[stages.light]\n[stages.heavy]\n[stages.product]\nfeeds = { light = 1, heavy = 1 }\n\
                [output]\nseries = [\"production.*.product\", \"shortage.*.product\"]\n"
        .to_string()
        + &capacity("light", "A", "light", 10.0)
        + &capacity("heavy", "B", "heavy", 10.0)
        + &capacity("a", "A", "product", 4.0)
        + &capacity("b", "B", "product", 20.0)
        + &demand("users", "b", "product", 10.0);
    let of = simulated(&text);
    assert_starts(&of("shortage.b.product"), &[0.0; 12]);
    let made: Vec<f64> =
        of("production.a.product").iter().zip(of("production.b.product")).map(|(a, b)| a + b).collect();
    assert_starts(&made, &[10.0; 12]);
}

/// Both markets plan to make 10 t of 20 t of light feed and 10 t of heavy one. `a` has light feed alone, and `b` has heavy feed
/// for 10 t but light feed for 2 t: the heavy feed of the other 8 t goes to `a`.
#[test]
fn feed_that_lacks_its_other_goes_where_it_can_be_used() {
    let series = "\"production.*.product\", \"unused.*.light\", \"unused.*.heavy\"";
    let text = format!(
        "[stages.light]\n[stages.heavy]\n[stages.product]\nfeeds = {{ light = 2, heavy = 1 }}\n[output]\nseries = [{series}]\n"
    ) + &capacity("light_a", "A", "light", 20.0)
        + &capacity("light_b", "B", "light", 4.0)
        + &capacity("heavy", "B", "heavy", 10.0)
        + &capacity("a", "A", "product", 10.0)
        + &capacity("b", "B", "product", 10.0)
        + &demand("users_a", "a", "product", 10.0)
        + &demand("users_b", "b", "product", 10.0);
    let of = simulated(&text);
    assert_starts(&of("production.a.product"), &[8.0; 12]);
    assert_starts(&of("production.b.product"), &[2.0; 12]);
    assert_starts(&of("unused.a.light"), &[4.0; 12]);
    assert_starts(&of("unused.b.light"), &[0.0; 12]);
    assert_starts(&of("unused.b.heavy"), &[0.0; 12]);
}

/// Ten tonnes of ore for two products that need ten each: one takes two tonnes of it, the other half a tonne.
#[test]
fn a_shared_feed_is_divided_by_what_a_tonne_takes() {
    let text = "[stages.ore]\n[stages.wire]\nfeeds = { ore = 2 }\n[stages.powder]\nfeeds = { ore = 0.5 }\n\
                [output]\nseries = [\"production.a.*\"]\n"
        .to_string()
        + &capacity("mine", "A", "ore", 10.0)
        + &capacity("wire", "A", "wire", 5.0)
        + &capacity("powder", "A", "powder", 20.0)
        + &demand("wire", "a", "wire", 5.0)
        + &demand("powder", "a", "powder", 20.0);
    let of = simulated(&text);
    assert_starts(&of("production.a.wire"), &[2.5; 12]);
    assert_starts(&of("production.a.powder"), &[10.0; 12]);
}

/// A mine of two years and a quarter opens in March 2025 and is exhausted in June 2026, to the middle of that month.
#[test]
fn a_mine_is_exhausted_after_its_life() {
    let text = product(&["production.a.product"])
        + "[projects.mine]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 12\nannounced_start = \"2025-03\"\n\
           life_years = 1.25\n";
    let of = simulated(&text);
    let works = |month: usize| f64::from(u8::from(month < 5));
    assert_starts(&of("production.a.product"), &(0..12).map(works).collect::<Vec<_>>());
}

/// What is switched off never comes, nor does what requires it.
#[test]
fn no_copies_are_no_project() {
    let text = |copies: u32| {
        product(&["production.a.product"])
            + &format!(
                "[projects.mine]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 12\nlead_months = 0\n\
                 copies = {copies}\n[projects.next]\ncountry = \"A\"\nstage = \"product\"\ntonnes_per_year = 24\n\
                 lead_months = 0\nrequires = [\"mine\"]\n"
            )
    };
    assert_starts(&simulated(&text(1))("production.a.product"), &[3.0; 12]);
    assert_starts(&simulated(&text(0))("production.a.product"), &[0.0; 12]);
}

/// Half a month's maintenance every quarter, first in February.
#[test]
fn a_window_comes_again() {
    let text = product(&["production.a.product"])
        + &capacity("plant", "A", "product", 10.0)
        + "[disruptions.upkeep]\nkind = \"outage\"\nhits = [\"plant\"]\n\
           scheduled = [{ from = \"2025-11\", every_months = 3, months = 0.5 }]\n";
    let made = [10.0, 5.0, 10.0, 10.0, 5.0, 10.0, 10.0, 5.0, 10.0, 10.0, 5.0, 10.0];
    assert_starts(&simulated(&text)("production.a.product"), &made);
}
