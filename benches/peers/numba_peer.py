"""The model in Numba: trial after trial in machine code, in parallel, with histograms per thread.

    python numba_peer.py MODEL.json TRIALS SEED OUTPUT.json

NUMBA_NUM_THREADS sets the number of threads. Time to compile is measured apart, by a run of one trial.
"""

import math
from collections import namedtuple
from statistics import NormalDist

import numba
import numpy as np
from numba import njit, prange

import model as spelling
import results

DUST, FELT = 1e-12, 0.01
DAYS_PER_MONTH = 365 / 12
MARKETS = 3  # known to the compiler, which unrolls loops over markets
MOST_EPISODES = 400
BLOCK = 64  # trials counted at a time
CONSTANT, UNIFORM, TRIANGULAR, LOGNORMAL, GAMMA, BETA, EXPONENTIAL, DISCRETE, MIXTURE = range(9)
CAPACITY, FRACTION, SHARE, STOCK_DAYS, COVERAGE, PRICE = range(6)
SERIES = ["capacity", "shortage_fraction", "share", "stock_days", "coverage_without", "price_multiple"]


# What a draw needs, apart: a tuple of all arrays would be copied with every call.
Inputs = namedtuple("Inputs", ["kinds", "params", "factor", "pool", "rho"])


def ragged(rows):
    """Lists of whole numbers as one array and where each begins."""
    begins = np.cumsum([0] + [len(row) for row in rows])
    return np.array([value for row in rows for value in row], np.int64), begins


def pack(model):
    """The model as a tuple of arrays."""
    inputs, projects, places = model["inputs"], model["projects"], model["capacities"] + model["projects"]
    months, markets = model["months"], len(model["markets"])
    assert markets == MARKETS, f"this is compiled for {MARKETS} markets"
    key = lambda row: (row["place"], row["country"], tuple(row["outages"]))
    groups = sorted({key(row) for row in places})
    pool, params = [], []
    for row in inputs:
        if row["kind"] == "discrete":
            params.append([len(pool), len(row["params"]), 0])
            pool += row["params"]
        else:
            params.append((row["params"] + [0, 0])[:3])
    standing = np.zeros((len(groups), months))
    uncertain = []
    for row in model["capacities"]:
        for tonnes, growth in row["known"]:
            standing[groups.index(key(row))] += tonnes / 12 * (1 + growth) ** (np.arange(months) / 12)
        uncertain += [(groups.index(key(row)), tonnes, growth) for tonnes, growth in row["uncertain"]]
    gates = [(index, NormalDist().inv_cdf(chance), factor) for index, p in enumerate(projects) for chance, factor in p["gates"]]
    kinks = []
    for points in model["curves"]:
        x, y = np.array(points).T
        kinks += list(zip(x, np.diff(np.diff(y) / np.diff(x), prepend=0, append=0)))
    shocks = model["disruptions"]
    feeds = [(stage, feed, ratio) for stage, row in enumerate(model["feeds"]) for feed, ratio in row]
    numbers = {(stage, number): index for index, (stage, number) in enumerate(
        (stage, number) for stage, row in enumerate(model["feeds"]) for number in range(len(row)))}
    rows_of_cuts = sorted({tuple(cut["by"]) for cut in model["cuts"]})
    stock = model["stockpiles"]
    final = model["finals"][0] // markets
    price = [row for row in model["price"] if row]
    cells = [results.CELLS[row["kind"]] for row in model["series"]]
    whole = lambda values: np.array(values, np.int64)
    fields = {
        "months": months, "markets": markets, "stages": len(model["stages"]), "final": final,
        "countries": len(model["countries"]),
        "kinds": whole([spelling.KINDS.index(row["kind"]) for row in inputs]), "params": np.array(params, float),
        "factor": whole([row["factor"] for row in inputs]), "pool": np.array(pool, float),
        "rho": np.array([row["rho"] for row in model["factors"]]),
        "group_place": whole([g[0] for g in groups]), "group_country": whole([g[1] for g in groups]),
        "outages": ragged([g[2] for g in groups]), "standing": standing,
        "uncertain_group": whole([u[0] for u in uncertain]), "uncertain_tonnes": np.array([u[1] for u in uncertain]),
        "uncertain_growth": whole([u[2] for u in uncertain]),
        "kink_x": np.array([k[0] for k in kinks]), "kink_bend": np.array([k[1] for k in kinks]),
        "kink_begin": ragged([points for points in model["curves"]])[1],
        "base": np.array([p["base"] for p in projects]), "lead": whole([p["lead"] for p in projects]),
        "tonnes": whole([p["tonnes"] for p in projects]), "utilisation": whole([p["utilisation"] for p in projects]),
        "ramp": whole([p["ramp"] for p in projects]), "closure": np.array([p["closure_rate"] / 12 for p in projects]),
        "project_group": whole([groups.index(key(p)) for p in projects]),
        "requires": ragged([p["requires"] for p in projects]),
        "gates": ragged([[i for i, gate in enumerate(gates) if gate[0] == index] for index in range(len(projects))])[1],
        "gate_limit": np.array([g[1] for g in gates]), "gate_factor": whole([g[2] for g in gates]),
        "shapes": ragged([[curve for curve, _ in p["shapes"]] for p in projects]),
        "shape_share": np.array([share for p in projects for _, share in p["shapes"]]),
        "shock_order": whole(sorted(range(len(shocks)), key=lambda i: shocks[i]["raised_by"] >= 0)),
        "rate": whole([s["rate"] for s in shocks]), "duration": whole([s["duration"] for s in shocks]),
        "severity": whole([s["severity"] for s in shocks]), "leakage": whole([s["leakage"] for s in shocks]),
        "active": np.array([s["active"] for s in shocks]), "not_before": np.array([s["not_before"] for s in shocks]),
        "raised_by": whole([s["raised_by"] for s in shocks]), "raised": np.array([s["raised_factor"] for s in shocks]),
        "cut_rows": ragged(rows_of_cuts),
        "cuts": whole([[c["from"], c["to"], rows_of_cuts.index(tuple(c["by"]))] for c in model["cuts"]]),
        "stage_cuts": np.searchsorted([c["stage"] for c in model["cuts"]], range(len(model["stages"]) + 1)),
        "feed_from": whole([f[1] for f in feeds]), "feed_ratio": whole([f[2] for f in feeds]),
        "stage_feeds": np.searchsorted([f[0] for f in feeds], range(len(model["stages"]) + 1)),
        "consumer": whole([c[0] if c else -1 for c in model["consumers"]]),
        "consumer_feed": whole([numbers[tuple(c)] if c else -1 for c in model["consumers"]]),
        "demand_market": whole([d["place"] % markets for d in model["demands"]]),
        "demand_tonnes": np.array([d["tonnes"] / 12 for d in model["demands"]]),
        "demand_growth": whole([d["growth"] for d in model["demands"]]),
        "demand_step": np.array([d["volatility"] / 12**0.5 for d in model["demands"]]),
        "surges": ragged([d["surges"] for d in model["demands"]]),
        "thrift": whole([row or [-1] * 3 for row in model["responses"]]),
        "stock_market": whole([s["place"] % markets for s in stock]), "stock_target": whole([s["target"] for s in stock]),
        "stock_initial": whole([s["initial"] for s in stock]), "stock_fill": np.array([s["fill"] for s in stock]),
        "stage_stocks": np.searchsorted([s["place"] // markets for s in stock], range(len(model["stages"]) + 1)),
        "price": whole(price[0][:2]), "price_most": float(price[0][2]),
        "series": whole([[SERIES.index(s["kind"]), s["stage"], s["market"], s["country"]] for s in model["series"]]),
        "cells": whole(cells), "milestone_series": whole([m["series"] for m in model["milestones"]]),
        "at_least": np.array([m["at_least"] for m in model["milestones"]]),
        "for_months": whole([m["for_months"] for m in model["milestones"]]),
        "without": {s["market"] for s in model["series"] if s["kind"] == "coverage_without"}.pop(),
    }
    for name in [name for name, value in fields.items() if isinstance(value, tuple)]:
        fields[name], fields[f"{name}_at"] = fields[name]
    return namedtuple("Model", fields)(**fields)


# All of fastmath but "no infinities" ("never" is infinite) and "no NaNs"; no test for a division by zero.
OPTIONS = {"fastmath": {"contract", "reassoc", "arcp", "nsz", "afn"}, "error_model": "numpy", "cache": True}
fast = njit(**OPTIONS)


@fast
def triangular(u, low, mode, high):
    if u * (high - low) < mode - low:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - mode))


@fast
def draw(t, index, common):
    """An input."""
    kind, factor = t.kinds[index], t.factor[index]
    a, b, c = t.params[index, 0], t.params[index, 1], t.params[index, 2]
    if kind == MIXTURE:
        index = int(b) if np.random.random() < a else int(c)
        kind, factor = t.kinds[index], t.factor[index]
        a, b, c = t.params[index, 0], t.params[index, 1], t.params[index, 2]
    if kind == CONSTANT:
        return a
    if kind == GAMMA:
        return np.random.gamma(a, b)
    if kind == BETA:
        return np.random.beta(a, b)
    if kind == EXPONENTIAL:
        return np.random.exponential(a)
    if kind == DISCRETE:
        u, at = np.random.random(), int(a)
        while u >= t.pool[at] and at + 2 < int(a) + int(b):
            at += 2
        return t.pool[at + 1]
    if kind == LOGNORMAL:
        z = np.random.standard_normal()
        if factor >= 0:
            z = math.sqrt(t.rho[factor]) * common[factor] + math.sqrt(1 - t.rho[factor]) * z
        return math.exp(a + b * z)
    if factor >= 0:
        z = math.sqrt(t.rho[factor]) * common[factor] + math.sqrt(1 - t.rho[factor]) * np.random.standard_normal()
        u = 0.5 * math.erfc(-z * math.sqrt(0.5))
    else:
        u = np.random.random()
    return a + (b - a) * u if kind == UNIFORM else triangular(u, a, b, c)


@fast
def draw_episodes(m, t, common, begin, end, severity, count):
    for index in m.shock_order:
        rate = draw(t, m.rate[index], common) / 12
        n, now = 0, m.not_before[index]
        if np.random.random() < m.active[index]:
            begin[index, 0], end[index, 0] = 0.0, draw(t, m.duration[index], common)
            severity[index, 0] = draw(t, m.severity[index], common)
            now, n = max(now, end[index, 0]), 1
        by, factor = m.raised_by[index], m.raised[index]
        while n < MOST_EPISODES:
            wait = np.random.standard_exponential() / rate
            if by >= 0:  # time passes `factor` times as fast while the other one runs
                for other in range(count[by]):
                    step = min(wait, max(begin[by, other] - now, 0.0))
                    now += step
                    wait -= step
                    step = min(wait, max(end[by, other] - max(now, begin[by, other]), 0.0) * factor)
                    now += step / factor
                    wait -= step
            now += wait
            if now >= m.months:
                break
            begin[index, n] = now
            now += draw(t, m.duration[index], common)
            end[index, n] = now
            severity[index, n] = draw(t, m.severity[index], common)
            now, n = max(now, m.not_before[index]), n + 1
        count[index] = n


@fast
def average_effects(m, begin, end, severity, count, effect):
    """Month averages by differences: an episode adds at its begin what it takes away at its end."""
    effect[:] = 0
    for index in range(len(count)):
        for n in range(count[index]):
            for at, size in ((begin[index, n], severity[index, n]), (min(end[index, n], m.months), -severity[index, n])):
                month = int(at)
                effect[index, month] += size * (1 - (at - month))
                effect[index, month + 1] += size * (at - month)
        now = 0.0
        for month in range(m.months):
            now += effect[index, month]
            effect[index, month] = min(now, 1.0) if now > DUST else 0.0


@fast
def draw_projects(m, t, common, starts, steps):
    """Second differences of what projects add, by group."""
    steps[:] = 0
    for project in range(len(starts)):
        starts[project] = np.inf
        passed = True
        for gate in range(m.gates[project], m.gates[project + 1]):
            z, factor = np.random.standard_normal(), m.gate_factor[gate]
            if factor >= 0:
                z = math.sqrt(m.rho[factor]) * common[factor] + math.sqrt(1 - m.rho[factor]) * z
            passed = passed and z < m.gate_limit[gate]
        if not passed:
            continue
        start = m.base[project] + draw(t, m.lead[project], common)
        for at in range(m.requires_at[project], m.requires_at[project + 1]):
            start = max(start, starts[m.requires[at]])
        starts[project] = start
        if start >= m.months:
            continue
        closed = m.months + 1
        if m.closure[project] > 0:
            closed = int(min(start + np.random.standard_exponential() / m.closure[project] + 0.5, m.months + 1.0))
        length = draw(t, m.ramp[project], common)
        full = draw(t, m.tonnes[project], common) / 12 * draw(t, m.utilisation[project], common)
        shape, last = m.shapes_at[project], m.shapes_at[project + 1] - 1
        if shape < last:
            u = np.random.random()
            while shape < last and u >= m.shape_share[shape]:
                shape += 1
        curve, group = m.shapes[shape], m.project_group[project]
        for kink in range(m.kink_begin[curve], m.kink_begin[curve + 1]):
            at = start - 0.5 + length * m.kink_x[kink]
            size = full / length * m.kink_bend[kink]
            first = max(math.ceil(at), 0)
            if first >= m.months or first >= closed:
                continue
            steps[group, first] += size * (first - at)
            steps[group, first + 1] += size * (1 - (first - at))
            if closed < m.months:
                steps[group, closed] -= size * (closed - at)
                steps[group, closed + 1] -= size * (1 - (closed - at))


@fast
def fill_capacity(m, t, common, steps, effect, row, capacity, country):
    capacity[:] = 0
    country[:] = 0
    for group in range(len(m.group_place)):
        slope, level = 0.0, 0.0
        for month in range(m.months):
            slope += steps[group, month]
            level += slope
            row[month] = max(level, 0.0) + m.standing[group, month]
        for at in range(len(m.uncertain_group)):
            if m.uncertain_group[at] == group:
                value = m.uncertain_tonnes[at] / 12
                factor = (1 + draw(t, m.uncertain_growth[at], common)) ** (1 / 12)
                for month in range(m.months):
                    row[month] += value
                    value *= factor
        for at in range(m.outages_at[group], m.outages_at[group + 1]):
            outage = m.outages[at]
            for month in range(m.months):
                row[month] *= 1 - effect[outage, month]
        place, of = m.group_place[group], m.group_country[group]
        for month in range(m.months):
            capacity[place, month] += row[month]
        if of >= 0:
            for month in range(m.months):
                country[of, place // m.markets, month] += row[month]


@fast
def fill_demand(m, t, common, effect, demands, demand):
    demand[:] = 0
    for index in range(len(m.demand_tonnes)):
        value, step = m.demand_tonnes[index], m.demand_step[index]
        drift = math.log1p(draw(t, m.demand_growth[index], common)) / 12 - step * step / 2
        factor = math.exp(drift)
        for month in range(m.months):
            demands[index, month] = value
            value *= factor if step == 0 else math.exp(drift + step * np.random.standard_normal())
        for at in range(m.surges_at[index], m.surges_at[index + 1]):
            surge = m.surges[at]
            for month in range(m.months):
                demands[index, month] *= 1 + effect[surge, month]
        for month in range(m.months):
            demand[m.demand_market[index], month] += demands[index, month]


@fast
def trade(got, supply, need, factors, cut, sold, bought, flows):
    """Trade in place: what is left over goes where it is needed, in proportion; then a second round where it is free."""
    all_supply, all_need = 0.0, 0.0
    for market in range(MARKETS):
        all_supply += supply[market]
        all_need += need[market]
    if all_supply <= 0 or all_need <= 0:
        return
    larger = max(all_supply, all_need)
    if not cut:
        for market in range(MARKETS):
            got[market] += need[market] * (all_supply / larger)
            supply[market] *= 1 - all_need / larger
        return
    sold[:] = 0
    bought[:] = 0
    for source in range(MARKETS):
        for to in range(MARKETS):
            flow = supply[source] * need[to] / larger * factors[source, to]
            sold[source] += flow
            bought[to] += flow
    for market in range(MARKETS):
        bought[market] = min(bought[market], need[market])
        got[market] += bought[market]
        need[market] -= bought[market]
        supply[market] = max(supply[market] - sold[market], 0.0)
    sold[:] = 0
    bought[:] = 0
    for source in range(MARKETS):
        for to in range(MARKETS):
            if factors[source, to] == 1:
                sold[source] += need[to]
                bought[to] += supply[source]
    for source in range(MARKETS):
        for to in range(MARKETS):
            larger = max(sold[source], bought[to])
            free = factors[source, to] == 1 and larger > 0
            flows[source, to] = supply[source] * need[to] / larger if free else 0.0
    for market in range(MARKETS):
        sell, buy = 0.0, 0.0
        for other in range(MARKETS):
            sell += flows[market, other]
            buy += flows[other, market]
        got[market] += min(buy, need[market])
        supply[market] = max(supply[market] - sell, 0.0)


@fast
def run_months(m, t, common, effect, capacity, country, demands, demand, rows, noted, unserved):
    """The month loop. Fills the series, and what outcomes look back on."""
    stages, months = m.stages, m.months
    ratio = np.empty(len(m.feed_ratio))
    for feed in range(len(ratio)):
        ratio[feed] = draw(t, m.feed_ratio[feed], common)
    passed = np.empty(len(m.leakage))
    for index in range(len(passed)):
        passed[index] = 1 - draw(t, m.leakage[index], common)
    kept = np.ones((len(m.cut_rows_at) - 1, months))
    for row in range(len(kept)):
        for at in range(m.cut_rows_at[row], m.cut_rows_at[row + 1]):
            index = m.cut_rows[at]
            for month in range(months):
                kept[row, month] *= 1 - effect[index, month] * passed[index]
    stocks = len(m.stock_market)
    target, stock = np.empty(stocks), np.empty(stocks)
    for index in range(stocks):
        target[index] = draw(t, m.stock_target[index], common) / DAYS_PER_MONTH
        stock[index] = target[index]
        if m.stock_initial[index] != m.stock_target[index]:
            stock[index] = draw(t, m.stock_initial[index], common) / DAYS_PER_MONTH
    thrift, saved = np.zeros((MARKETS, 3)), np.zeros(MARKETS)
    for market in range(MARKETS):
        for at in range(3):
            if m.thrift[market, at] >= 0:
                thrift[market, at] = draw(t, m.thrift[market, at], common)
    elasticity = draw(t, m.price[0], common) + draw(t, m.price[1], common)
    received = np.zeros((len(ratio), MARKETS))
    made, short, fraction = np.zeros((stages, MARKETS)), np.zeros(MARKETS), np.zeros((stages, MARKETS))
    got, supply, need, wanted, days = np.zeros(MARKETS), np.zeros(MARKETS), np.zeros(MARKETS), np.zeros(MARKETS), np.zeros((stages, MARKETS))
    fill, never_full, taken, refill, before = np.zeros(MARKETS), np.zeros(MARKETS), np.zeros(MARKETS), np.zeros(MARKETS), np.zeros(MARKETS)
    room = np.zeros(stocks)
    sold, bought, flows = np.zeros(MARKETS), np.zeros(MARKETS), np.zeros((MARKETS, MARKETS))
    factors = np.ones((MARKETS, MARKETS))
    pooled, needed = np.zeros(stages), np.zeros(stages)
    for month in range(months):
        for stage in range(stages):
            feeds = range(m.stage_feeds[stage], m.stage_feeds[stage + 1])
            consumer = m.consumer[stage]
            for market in range(MARKETS):
                output = capacity[stage * MARKETS + market, month]
                for feed in feeds:
                    output = min(output, received[feed, market] / ratio[feed])
                made[stage, market] = output
                if stage == m.final:
                    wanted[market] = demand[market, month] * (1 - saved[market])
                else:
                    wanted[market] = capacity[consumer * MARKETS + market, month] * ratio[m.consumer_feed[stage]]
                own = min(output, wanted[market])
                got[market], supply[market], need[market] = own, output - own, wanted[market] - own
            factors[:] = 1
            cut = False
            for at in range(m.stage_cuts[stage], m.stage_cuts[stage + 1]):
                factor = kept[m.cuts[at, 2], month]
                factors[m.cuts[at, 0], m.cuts[at, 1]] = factor
                cut = cut or factor < 1
            trade(got, supply, need, factors, cut, sold, bought, flows)
            for market in range(MARKETS):
                short[market] = wanted[market] - got[market]
                if short[market] <= DUST * wanted[market]:
                    short[market] = 0
                before[market] = short[market]
                refill[market] = 0
                fill[market] = 0
                never_full[market] = 0
            unsold = 0.0
            for market in range(MARKETS):
                unsold += supply[market]
            all_fill, all_never_full = 0.0, 0.0
            for index in range(m.stage_stocks[stage], m.stage_stocks[stage + 1]):
                market = m.stock_market[index]
                if month == 0:
                    stock[index] *= wanted[market]
                out = min(stock[index], short[market])
                stock[index] -= out
                short[market] -= out
                got[market] += out
                room[index] = min(max(target[index] * wanted[market] - stock[index], 0.0), m.stock_fill[index])
                if before[market] == 0:
                    fill[market] += room[index]
                    never_full[market] += min(m.stock_fill[index], unsold)
                    all_fill += room[index]
                    all_never_full += min(m.stock_fill[index], unsold)
            for market in range(MARKETS):
                offered = 0.0
                for source in range(MARKETS):
                    offered += factors[source, market] * supply[source]
                taken[market] = min(fill[market], offered * fill[market] / all_fill) if all_fill > 0 else 0.0
                if all_never_full > 0:
                    refill[market] = min(never_full[market], offered * never_full[market] / all_never_full)
                days[stage, market] = 0
            for index in range(m.stage_stocks[stage], m.stage_stocks[stage + 1]):
                market = m.stock_market[index]
                filled = min(room[index], taken[market])
                stock[index] += filled
                taken[market] -= filled
                days[stage, market] += stock[index] / wanted[market] * DAYS_PER_MONTH
            for market in range(MARKETS):
                if short[market] <= DUST * wanted[market]:
                    short[market] = 0
                fraction[stage, market] = short[market] / wanted[market]
                if consumer >= 0:
                    received[m.consumer_feed[stage], market] = got[market]
        # What is left stands for the last stage: that of final demand.
        for market in range(MARKETS):
            noted[0, market, month] = short[market]
            noted[1, market, month] = before[market]
            noted[2, market, month] = refill[market]
            noted[3, market, month] = fraction[m.final, market]
        for index in range(len(m.demand_market) - 1, -1, -1):
            market = m.demand_market[index]  # the last in the order of service goes short first
            part = min(short[market], demands[index, month] * (1 - saved[market]))
            short[market] -= part
            unserved[index] += part
        for market in range(MARKETS):
            if noted[0, market, month] > FELT * demand[market, month]:
                saved[market] = min(saved[market] + thrift[market, 0] / 12, thrift[market, 1])
            else:
                saved[market] = max(saved[market] - thrift[market, 2] / 12, 0.0)
        # Coverage: the others pooled.
        for stage in range(stages):
            pooled[stage], needed[stage] = 0, 0
            for market in range(MARKETS):
                if market != m.without:
                    pooled[stage] += capacity[stage * MARKETS + market, month]
                    if stage == m.final:
                        needed[stage] += demand[market, month]
            for feed in range(m.stage_feeds[stage], m.stage_feeds[stage + 1]):
                pooled[stage] = min(pooled[stage], pooled[m.feed_from[feed]] / ratio[feed])
        for stage in range(stages - 1, -1, -1):
            for feed in range(m.stage_feeds[stage], m.stage_feeds[stage + 1]):
                needed[m.feed_from[feed]] += needed[stage] * ratio[feed]
        for index in range(len(m.series)):
            kind, stage, market, of = m.series[index, 0], m.series[index, 1], m.series[index, 2], m.series[index, 3]
            place, value = stage * MARKETS + market, 0.0
            if kind == CAPACITY:
                value = capacity[place, month]
            elif kind == FRACTION:
                value = fraction[stage, market]
            elif kind == SHARE:
                value = made[stage, market] * country[of, stage, month] / capacity[place, month]
                world = 0.0
                for other in range(MARKETS):
                    world += made[stage, other]
                value /= world
            elif kind == STOCK_DAYS:
                value = days[stage, market]
            elif kind == COVERAGE:
                value = pooled[stage] / needed[stage]
            else:
                supplied = 1 - fraction[stage, market]
                value = 1.0
                if supplied <= 0:
                    value = m.price_most
                elif supplied < 1:
                    value = min(supplied ** (-1 / elasticity), m.price_most)
            rows[index, month] = value


@fast
def fill_outcomes(m, begin, end, count, rows, noted, unserved, out):
    markets, months = m.markets, m.months
    for market in range(MARKETS):
        total, worst, first, longest, run, year, deficit, needed = 0.0, 0.0, np.inf, 0, 0, 0.0, 0.0, 0.0
        short = noted[0, market]
        for month in range(months):
            total += short[month]
            worst = max(worst, noted[3, market, month])
            run = run + 1 if short[month] > 0 else 0
            longest = max(longest, run)
            if run > 0 and first == np.inf:
                first = month
            twelve = 0.0
            for past in range(max(0, month - 11), month + 1):
                twelve += short[past]
            year = max(year, twelve)
            deficit = max(deficit + noted[1, market, month] - noted[2, market, month], 0.0)
            needed = max(needed, deficit)
        out[market] = total
        out[markets + market] = worst
        out[2 * markets + market] = first
        out[3 * markets + market] = longest
        out[4 * markets + market] = year
        out[5 * markets + market] = needed
    at = 6 * markets
    for index in range(len(unserved)):
        shared = False
        for other in range(len(unserved)):
            shared = shared or (other != index and m.demand_market[other] == m.demand_market[index])
        if shared:
            out[at] = unserved[index]
            at += 1
    for index in range(len(m.milestone_series)):
        spell, out[at] = 0, np.inf
        for month in range(months):
            spell = spell + 1 if rows[m.milestone_series[index], month] >= m.at_least[index] else 0
            if spell == m.for_months[index]:
                out[at] = month + 1 - spell
                break
        at += 1
    for index in range(len(count)):
        out[at + index] = count[index]
        time = 0.0
        for n in range(count[index]):
            time += min(end[index, n], months) - begin[index, n]
        out[at + len(count) + index] = time


@fast
def find_cells(m, rows, bits, cells):
    """The cell of every series and month."""
    for index in range(len(m.series)):
        law, fine, last, first = m.cells[index, 0], m.cells[index, 1], m.cells[index, 2] - 1, index * m.months
        if law == results.LINEAR:
            for month in range(m.months):
                value = rows[index, month]
                cells[first + month] = min(int(value * fine) + (1 if value > 0 else 0), last)
        else:
            for month in range(m.months):
                cell = (bits[index, month] >> (52 - fine)) - ((1023 + results.LOWEST) << fine)
                cells[first + month] = min(max(cell, 0), last)


@fast
def count_cells(m, cells, offsets, count, table):
    """Counts the cells of a block of trials, one row of the histograms after the other: it stays in the cache."""
    for index in range(len(m.series)):
        for month in range(m.months):
            row, begin = index * m.months + month, offsets[index] + month * m.cells[index, 2]
            for trial in range(count):
                table[begin + cells[row, trial]] += 1


@fast
def play_block(m, first, last, seed, outcomes, offsets, table):
    """Plays the trials from `first` to `last`."""
    np.random.seed(seed)
    t = Inputs(m.kinds, m.params, m.factor, m.pool, m.rho)
    shocks, places = len(m.rate), m.stages * m.markets
    begin, end, severity = np.empty((shocks, MOST_EPISODES)), np.empty((shocks, MOST_EPISODES)), np.empty((shocks, MOST_EPISODES))
    count = np.zeros(shocks, np.int64)
    effect = np.empty((shocks, m.months + 2))
    starts, steps = np.empty(len(m.base)), np.empty((len(m.group_place), m.months + 2))
    capacity, country = np.empty((places, m.months)), np.empty((m.countries, m.stages, m.months))
    demands, demand = np.empty((len(m.demand_tonnes), m.months)), np.empty((m.markets, m.months))
    rows, noted = np.empty((len(m.series), m.months)), np.empty((4, m.markets, m.months))
    noted_cells = np.empty((len(m.series) * m.months, BLOCK), np.uint16)
    row, common = np.empty(m.months), np.empty(len(m.rho))
    bits = rows.view(np.int64)
    for trial in range(first, last):
        for factor in range(len(common)):
            common[factor] = np.random.standard_normal()
        draw_episodes(m, t, common, begin, end, severity, count)
        average_effects(m, begin, end, severity, count, effect)
        draw_projects(m, t, common, starts, steps)
        fill_capacity(m, t, common, steps, effect, row, capacity, country)
        fill_demand(m, t, common, effect, demands, demand)
        unserved = np.zeros(len(m.demand_tonnes))
        run_months(m, t, common, effect, capacity, country, demands, demand, rows, noted, unserved)
        fill_outcomes(m, begin, end, count, rows, noted, unserved, outcomes[trial])
        slot = (trial - first) % BLOCK
        find_cells(m, rows, bits, noted_cells[:, slot])
        if slot == BLOCK - 1 or trial == last - 1:
            count_cells(m, noted_cells, offsets, slot + 1, table)


@njit(parallel=True, **OPTIONS)
def run(m, trials, seed, threads, outcomes, offsets, tables):
    for thread in prange(threads):
        first, last = trials * thread // threads, trials * (thread + 1) // threads
        play_block(m, first, last, seed + thread, outcomes, offsets, tables[thread])


def main():
    model, trials, seed, output = results.arguments()
    packed = pack(model)
    threads = numba.get_num_threads()
    sizes = [model["months"] * results.CELLS[spec["kind"]][2] for spec in model["series"]]
    offsets = np.cumsum([0] + sizes)

    def play(trials):
        outcomes = np.empty((trials, len(model["outcomes"])))
        tables = np.zeros((threads, offsets[-1]), np.uint32)
        run(packed, trials, seed, threads, outcomes, offsets, tables)
        return outcomes, tables

    clock = results.Clock()
    play(1)
    compile_seconds = clock.read()["wall"]
    clock = results.Clock()
    outcomes, tables = play(trials)
    table = tables.sum(axis=0)
    series = {}
    for index, spec in enumerate(model["series"]):
        counts = table[offsets[index]:offsets[index + 1]].reshape(model["months"], -1)
        series[spec["name"]] = results.of_histogram(spec["kind"], counts)
    outcomes = dict(zip(model["outcomes"], map(results.of_values, outcomes.T)))
    results.save(output, trials, clock.read(), outcomes, series, compile=compile_seconds)


if __name__ == "__main__":
    main()
