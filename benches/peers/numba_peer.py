"""The model in Numba: trial after trial in machine code, in parallel, with histograms per thread.

    python numba_peer.py MODEL.json TRIALS SEED OUTPUT.json

NUMBA_NUM_THREADS sets the number of threads. Time to compile is measured apart, by a run of one trial.
"""

import math
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from statistics import NormalDist

import numba
import numpy as np
from numba import njit

import model as spelling
import results

DUST, FELT = 1e-12, 0.01
DAYS_PER_MONTH = 365 / 12
MOST_EPISODES = 400
BLOCK = 64  # trials counted at a time
CONSTANT, UNIFORM, TRIANGULAR, LOGNORMAL, GAMMA, BETA, EXPONENTIAL, DISCRETE, MIXTURE, SCORES = range(10)
(PRODUCTION, CAPACITY, REQUIREMENT, DEMAND, THRIFT, SHORTAGE, FRACTION, SHARE, OUTSIDE, UNMET_FEED, UNSOLD, UNUSED, STOCK,
 STOCK_DAYS, COVERAGE, COVERAGE_IN_USE, PRICE, LOSS, UNSERVED) = range(19)
OUTCOMES = spelling.OUTCOMES + ["total_loss", "total_unserved", "milestone", "decisions", "episodes", "disrupted_months"]
(TOTAL_SHORTAGE, WORST_MONTH, FIRST_SHORTAGE, LONGEST_SHORTAGE, MONTHS_SHORT, FILL_RATE, WORST_YEAR, STOCK_NEEDED, TOTAL_LOSS,
 TOTAL_UNSERVED, MILESTONE, DECISIONS, EPISODES, DISRUPTED_MONTHS) = range(14)


# What a draw needs, apart: a tuple of all arrays would be copied with every call.
Inputs = namedtuple("Inputs", ["kinds", "params", "factor", "loading", "pool"])
# The episodes of all disruptions, and how many there are.
Episodes = namedtuple("Episodes", ["begin", "end", "duration", "severity", "count"])
# Rows of the room for one trade.
GOT, LEFT, NEED, SOLD, BOUGHT, MAY_SELL, MAY_BUY = range(7)


def begins(rows):
    """Where each of some lists begins, if they stand one after the other."""
    return np.cumsum([0] + [len(row) for row in rows])


def ragged(rows):
    """Lists of whole numbers as one array, and where each begins."""
    return np.array([value for row in rows for value in row], np.int64), begins(rows)


def pack(model):
    """The model as a tuple of arrays."""
    inputs, shocks, demands, investments = model["inputs"], model["disruptions"], model["demands"], model["investments"]
    projects = model["projects"] + [investment["plant"] for investment in investments]  # what investors decide on comes last
    months, markets, stages = model["months"], len(model["markets"]), len(model["stages"])
    yields = [product | {"project": number} for number, project in enumerate(projects) for product in project["yields"]]
    key = lambda row: (row["place"], row["country"], tuple(row["outages"]))
    groups = sorted({key(row) for row in model["capacities"] + yields})
    pool, params = [], []
    for row in inputs:
        if row["kind"] in ("discrete", "mixture", "scores"):
            params.append([len(pool), len(row["params"]), 0, 0])
            pool += row["params"]
        else:
            params.append((row["params"] + [0, 0, 0])[:4])
    standing = np.zeros((len(groups), months))
    uncertain = []
    for row in model["capacities"]:
        for tonnes, growth in row["known"]:
            standing[groups.index(key(row))] += tonnes / 12 * (1 + growth) ** (np.arange(months) / 12)
        uncertain += [(groups.index(key(row)), tonnes, growth) for tonnes, growth in row["uncertain"]]
    gates = [(index, *gate) for index, project in enumerate(projects) for gate in project["gates"]]
    known = lambda chance: inputs[chance]["params"][0] if inputs[chance]["kind"] == "constant" else math.nan
    limit = lambda p: math.copysign(math.inf, p - 0.5) if p in (0, 1) else NormalDist().inv_cdf(p)
    kinks = []
    for points in model["curves"]:
        x, y = np.array(points).T
        kinks += list(zip(x, np.diff(np.diff(y) / np.diff(x), prepend=0, append=0)))
    windows = [(index, *window) for index, shock in enumerate(shocks) for window in shock["windows"]]
    feeds, stock = model["feeds"], model["stockpiles"]
    rows_of_cuts = sorted({tuple(cut["by"]) for cut in model["cuts"]})
    excluded = sorted({(s["market"], s["kind"] == "coverage_in_use_without") for s in model["series"] if s["kind"] in spelling.COVERAGES})
    chain = lambda s: excluded.index((s["market"], s["kind"] == "coverage_in_use_without")) if s["kind"] in spelling.COVERAGES else 0
    price = [row or [0, 0, 1] for row in model["price"]]
    counted = {s["place"] for s in stock if any(inputs[level[1]]["params"] != [0.0] for level in (s["target"], s["initial"]) if level)}
    counted |= {s["stage"] * markets + s["market"] for s in model["series"] if s["kind"] == "stock_days"}
    final = lambda d: model["finals"].index(d["place"]) if d["embedded"] < 0 else -1
    whole = lambda values, *shape: np.array(values, np.int64).reshape(-1, *shape)
    real = lambda values: np.array(values, float)
    column = lambda rows, name: whole([row[name] for row in rows])
    fields = {
        "each": tuple(range(markets)),  # its type tells the compiler how many markets there are
        "months": months, "stages": stages, "countries": len(model["countries"]), "factors": model["factors"],
        "kinds": whole([spelling.KINDS.index(row["kind"]) for row in inputs]), "params": real(params),
        "factor": column(inputs, "factor"), "loading": real([row["loading"] for row in inputs]), "pool": real(pool),
        "group_place": whole([g[0] for g in groups]), "group_country": whole([g[1] for g in groups]),
        "outages": ragged([g[2] for g in groups]), "standing": standing,
        "uncertain": whole(uncertain, 3),
        "kink_x": real([k[0] for k in kinks]), "kink_bend": real([k[1] for k in kinks]),
        "kink_begin": begins(model["curves"]), "jump": real([points[0][1] for points in model["curves"]]),
        "leads": ragged([p["leads"] for p in projects]), "requires": ragged([p["requires"] for p in projects]),
        "utilisation": column(projects, "utilisation"), "ramp": column(projects, "ramp"),
        "closure": column(projects, "closure"), "life": column(projects, "life"),
        "yield_group": whole([groups.index(key(product)) for product in yields]), "yield_tonnes": column(yields, "tonnes"),
        "yields_at": begins([p["yields"] for p in projects]),
        "gates_at": begins([p["gates"] for p in projects]), "gate_chance": whole([g[1] for g in gates]),
        "gate_limit": real([limit(known(g[1])) if known(g[1]) == known(g[1]) else math.nan for g in gates]),
        "gate_factor": whole([g[2] for g in gates]), "gate_loading": real([g[3] for g in gates]),
        "shapes": ragged([[curve for curve, _ in p["shapes"]] for p in projects]),
        "shape_share": real([share for p in projects for _, share in p["shapes"]]),
        "shock_order": whole(sorted(range(len(shocks)), key=lambda i: shocks[i]["raised_by"] >= 0)),
        "not_before": real([s["not_before"] for s in shocks]),
        "windows_at": begins([s["windows"] for s in shocks]), "window_begin": real([w[1] for w in windows]),
        "window_months": whole([w[2] for w in windows]), "window_severity": whole([w[3] for w in windows]),
        "most_windows": max([len(s["windows"]) for s in shocks], default=0) + 1,
        "cut_rows": ragged(rows_of_cuts),
        "cuts": whole([[c["from"], c["to"], rows_of_cuts.index(tuple(c["by"]))] for c in model["cuts"]], 3),
        "stage_cuts": np.searchsorted([c["stage"] for c in model["cuts"]], range(stages + 1)),
        "feed_from": column(feeds, "from"), "feed_to": column(feeds, "to"), "feed_ratio": column(feeds, "ratio"),
        "stage_feeds": np.searchsorted([f["to"] for f in feeds], range(stages + 1)),
        "uses": ragged([[i for i, f in enumerate(feeds) if f["from"] == stage] for stage in range(stages)]),
        "demand_place": column(demands, "place"), "demand_final": whole([final(d) for d in demands]),
        "demand_tonnes": column(demands, "tonnes"), "demand_growth": column(demands, "growth"),
        "demand_volatility": column(demands, "volatility"), "loss": column(demands, "loss"),
        "embedded": column(demands, "embedded"), "surges": ragged([d["surges"] for d in demands]),
        "finals": whole(model["finals"]), "thrift": whole([row or [-1] * 3 for row in model["responses"]], 3),
        "stock_place": column(stock, "place"), "stock_target": whole([s["target"] for s in stock], 2),
        "stock_initial": whole([s["initial"] or [-1, -1] for s in stock], 2),
        "stock_fill": column(stock, "fill"), "stock_release": column(stock, "release"),
        "stocks_at": np.searchsorted([s["place"] for s in stock], range(stages * markets + 1)),
        "counted": whole(sorted(counted)), "price": whole([row[:2] for row in price], 2),
        "price_most": real([row[2] for row in price]), "has_price": np.array([row is not None for row in model["price"]]),
        "excluded": whole(excluded, 2),
        "series": whole([[spelling.SERIES.index(s["kind"]), s["stage"], s["market"], s["country"], s["demand"], chain(s)]
                         for s in model["series"]], 6),
        "cells": whole([results.cells_of(row["kind"]) for row in model["series"]], 3),
        "milestone_series": column(model["milestones"], "series"), "for_months": column(model["milestones"], "for_months"),
        "at_least": real([m["at_least"] for m in model["milestones"]]), "at_most": real([m["at_most"] for m in model["milestones"]]),
        "decided_group": whole(sorted({groups.index(key(product)) for each in investments for product in each["plant"]["yields"]})),
        "first_plant": len(model["projects"]), "investment_rate": column(investments, "rate"),
        "signal": column(investments, "signal"), "memory": column(investments, "memory"),
        "most_decisions": column(investments, "at_most"), "answer_begin": begins([each["response"] for each in investments]),
        "answer_x": real([x for each in investments for x, _ in each["response"]]),
        "answer_y": real([y for each in investments for _, y in each["response"]]),
        "outcomes": whole([[OUTCOMES.index(o["kind"]), o["of"]] for o in model["outcomes"]], 2),
    }
    for name in ("rate", "duration", "remaining", "severity", "leakage", "active", "raised_by", "raised_factor", "linear", "surge"):
        fields[f"shock_{name}"] = column(shocks, name)
    for name in [name for name, value in fields.items() if isinstance(value, tuple) and name != "each"]:
        fields[name], fields[f"{name}_at"] = fields[name]
    global Model
    Model = namedtuple("Model", fields)
    return Model(**fields)


# All of fastmath but "no infinities" ("never" is infinite) and "no NaNs"; no test for a division by zero.
OPTIONS = {"fastmath": {"contract", "reassoc", "arcp", "nsz", "afn"}, "error_model": "numpy", "cache": True}
fast = njit(**OPTIONS)


@fast
def triangular(u, low, mode, high):
    if u * (high - low) < mode - low:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - mode))


@fast
def mixed(common, factor, loading):
    """A standard normal that shares the common factor of its correlation."""
    own = np.random.standard_normal()
    return loading * common[factor] + math.sqrt(1 - loading * loading) * own if factor >= 0 else own


@fast
def below(z):
    return 0.5 * math.erfc(-z * math.sqrt(0.5))


@fast
def pick(t, index, u):
    at, last = int(t.params[index, 0]), int(t.params[index, 0] + t.params[index, 1]) - 2
    while u >= t.pool[at] and at < last:
        at += 2
    return t.pool[at + 1]


@fast
def draw(t, index, common):
    """An input."""
    while t.kinds[index] == MIXTURE:
        index = int(pick(t, index, np.random.random()))
    kind, factor, loading = t.kinds[index], t.factor[index], t.loading[index]
    a, b, c, d = t.params[index, 0], t.params[index, 1], t.params[index, 2], t.params[index, 3]
    if kind == CONSTANT:
        return a
    if kind == GAMMA:
        return np.random.gamma(a, b)
    if kind == BETA:
        return c + d * np.random.beta(a, b)
    if kind == EXPONENTIAL:
        return np.random.exponential(a)
    if kind == LOGNORMAL:
        return math.exp(a + b * mixed(common, factor, loading))
    if kind == SCORES:
        place = min(max(100 * (mixed(common, factor, loading) + 5), 0.0), 999.999)
        at = int(a) + int(place)
        return t.pool[at] + (t.pool[at + 1] - t.pool[at]) * (place - int(place))
    u = below(mixed(common, factor, loading)) if factor >= 0 else np.random.random()
    if kind == DISCRETE:
        return pick(t, index, u)
    return a + (b - a) * u if kind == UNIFORM else triangular(u, a, b, c)


@fast
def add_episode(m, t, common, e, index, length, begin):
    """Adds an episode that begins now, unless it has no length; when it ends."""
    n, duration = e.count[index], draw(t, length, common)
    if duration > 0 and n < MOST_EPISODES:
        e.begin[index, n], e.end[index, n], e.duration[index, n] = begin, begin + duration, duration
        e.severity[index, n] = draw(t, m.shock_severity[index], common)
        e.count[index] = n + 1
    return begin + duration


@fast
def draw_episodes(m, t, common, e, windows):
    for index in m.shock_order:
        e.count[index] = 0
        rate = draw(t, m.shock_rate[index], common) / 12
        by, factor = m.shock_raised_by[index], 1.0
        if by >= 0:
            factor = draw(t, m.shock_raised_factor[index], common)
        # Scheduled episodes: begin, end, length, severity. Each ends where the next begins.
        scheduled = 0
        for window in range(m.windows_at[index], m.windows_at[index + 1]):
            begin, length = m.window_begin[window], draw(t, m.window_months[window], common)
            severity = draw(t, m.window_severity[window], common)
            if scheduled > 0:
                windows[scheduled - 1, 1] = min(windows[scheduled - 1, 1], begin)
                if windows[scheduled - 1, 1] <= 0:  # over before the start
                    scheduled -= 1
            if length > 0:
                windows[scheduled, 0], windows[scheduled, 1], windows[scheduled, 2] = begin, begin + length, length
                windows[scheduled, 3] = severity
                scheduled += 1
        if scheduled > 0 and windows[scheduled - 1, 1] <= 0:
            scheduled -= 1
        now = m.not_before[index]
        if np.random.random() < draw(t, m.shock_active[index], common) and not (scheduled > 0 and windows[0, 0] <= 0):
            now = max(now, add_episode(m, t, common, e, index, m.shock_remaining[index], 0.0))
        for window in range(scheduled + 1):
            until = min(windows[window, 0], float(m.months)) if window < scheduled else float(m.months)
            while e.count[index] < MOST_EPISODES:
                wait = np.random.standard_exponential() / rate
                if by >= 0:  # time passes `factor` times as fast while the other one runs
                    for other in range(e.count[by]):
                        step = min(wait, max(e.begin[by, other] - now, 0.0))
                        now += step
                        wait -= step
                        step = min(wait, max(e.end[by, other] - max(now, e.begin[by, other]), 0.0) * factor)
                        if factor > 0:
                            now += step / factor
                        elif wait > 0:
                            now = max(now, e.end[by, other])
                        wait -= step
                now += wait
                if now >= until:
                    break
                now = max(add_episode(m, t, common, e, index, m.shock_duration[index], now), m.not_before[index])
            if window < scheduled and windows[window, 0] < m.months and e.count[index] < MOST_EPISODES:
                n = e.count[index]
                if n > 0:
                    e.end[index, n - 1] = min(e.end[index, n - 1], windows[window, 0])
                e.begin[index, n], e.end[index, n] = windows[window, 0], windows[window, 1]
                e.duration[index, n], e.severity[index, n] = windows[window, 2], windows[window, 3]
                e.count[index] = n + 1
                now = max(windows[window, 1], m.not_before[index])


@fast
def average_effects(m, e, effect):
    """Month averages by differences: an episode adds at its begin what it takes away at its end."""
    effect[:] = 0
    for index in range(len(e.count)):
        for n in range(e.count[index]):
            begin, end, severity = max(e.begin[index, n], 0.0), min(e.end[index, n], float(m.months)), e.severity[index, n]
            if m.shock_linear[index]:  # month by month: the effect at the middle of what it covers
                for month in range(int(begin), m.months):
                    start, stop = max(begin, float(month)), min(end, month + 1.0)
                    if stop <= start:
                        break
                    age = 0.5 * (start + stop) - e.begin[index, n]
                    effect[index, month] += severity * (stop - start) * (1 - age / e.duration[index, n])
                continue
            for at, size in ((begin, severity), (end, -severity)):
                month = int(at)
                effect[index, month] += size * (1 - (at - month))
                effect[index, month + 1] += size * (at - month)
        now = 0.0
        for month in range(m.months):
            now = effect[index, month] if m.shock_linear[index] else now + effect[index, month]
            effect[index, month] = (now if m.shock_surge[index] else min(now, 1.0)) if now > DUST else 0.0


@fast
def passes(m, t, common, project):
    """Whether a project passes its gates."""
    passed = True
    for gate in range(m.gates_at[project], m.gates_at[project + 1]):
        z, limit = mixed(common, m.gate_factor[gate], m.gate_loading[gate]), m.gate_limit[gate]
        if limit == limit:
            passed = passed and z < limit
        else:
            passed = passed and below(z) < draw(t, m.gate_chance[gate], common)
    return passed


@fast
def draw_lead(m, t, common, project):
    lead = 0.0
    for at in range(m.leads_at[project], m.leads_at[project + 1]):
        lead += draw(t, m.leads[at], common)
    return lead


@fast
def build(m, t, common, project, start, steps):
    """Second differences of what a plant adds, by group."""
    closure, rate = np.inf, draw(t, m.closure[project], common) / 12
    if rate > 0:
        closure = start + np.random.standard_exponential() / rate
    if m.life[project] >= 0:
        closure = min(closure, start + 12 * draw(t, m.life[project], common))
    closed = int(max(min(closure + 0.5, m.months + 1.0), 0.0))
    length, utilisation = draw(t, m.ramp[project], common), draw(t, m.utilisation[project], common)
    shape, last = m.shapes_at[project], m.shapes_at[project + 1] - 1
    if shape < last:
        u = np.random.random()
        while shape < last and u >= m.shape_share[shape]:
            shape += 1
    curve = m.shapes[shape]
    for product in range(m.yields_at[project], m.yields_at[project + 1]):
        group = m.yield_group[product]
        full = draw(t, m.yield_tonnes[product], common) / 12 * utilisation
        jump = m.jump[curve] if length > 0 else 1.0
        first = max(math.ceil(start - 0.5), 0)
        if jump > 0 and first < m.months and first < closed:
            steps[group, first] += full * jump
            steps[group, first + 1] -= full * jump
            if closed < m.months:
                steps[group, closed] -= full * jump
                steps[group, closed + 1] += full * jump
        if length <= 0:
            continue
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
def draw_projects(m, t, common, starts, steps):
    steps[:] = 0
    for project in range(len(starts)):
        starts[project] = np.inf
        if not passes(m, t, common, project):
            continue
        start = draw_lead(m, t, common, project)
        for at in range(m.requires_at[project], m.requires_at[project + 1]):
            start = max(start, starts[m.requires[at]])
        starts[project] = start
        if start < m.months:
            build(m, t, common, project, start, steps)


@fast
def answer(x, y, signal):
    """The factor on the rate of decisions at a signal: straight lines, flat outside."""
    if signal <= x[0]:
        return y[0]
    for at in range(1, len(x)):
        if signal < x[at]:
            return y[at - 1] + (y[at] - y[at - 1]) * (signal - x[at - 1]) / (x[at] - x[at - 1])
    return y[-1]


@fast
def decide(m, t, common, month, rate, index, left, decisions, steps):
    """Investors decide in a month. `left` is how much of the rate must pass until they do."""
    gone, plant = 0.0, m.first_plant + index
    while gone + left[index] < rate and decisions[index] < m.most_decisions[index]:
        gone += left[index]
        left[index] = np.random.standard_exponential()
        decisions[index] += 1
        if passes(m, t, common, plant):
            start = month + gone / rate + draw_lead(m, t, common, plant)
            if start < m.months:
                build(m, t, common, plant, start, steps)
    left[index] -= rate - gone


@fast
def fill_capacity(m, t, common, steps, effect, row, capacity, undisturbed, country):
    capacity[:] = 0
    undisturbed[:] = 0
    country[:] = 0
    markets = len(m.each)
    for group in range(len(m.group_place)):
        slope, level = 0.0, 0.0
        for month in range(m.months):
            slope += steps[group, month]
            level += slope
            row[month] = max(level, 0.0) + m.standing[group, month]
        for at in range(len(m.uncertain)):
            if m.uncertain[at, 0] == group:
                value = draw(t, m.uncertain[at, 1], common) / 12
                factor = (1 + draw(t, m.uncertain[at, 2], common)) ** (1 / 12)
                for month in range(m.months):
                    row[month] += value
                    value *= factor
        place, of = m.group_place[group], m.group_country[group]
        for month in range(m.months):
            undisturbed[place, month] += row[month]
        for at in range(m.outages_at[group], m.outages_at[group + 1]):
            outage = m.outages[at]
            for month in range(m.months):
                row[month] *= 1 - effect[outage, month]
        for month in range(m.months):
            capacity[place, month] += row[month]
        if of >= 0:
            for month in range(m.months):
                country[of, place // markets, month] += row[month]


@fast
def fill_demand(m, t, common, effect, demands, demand, usual):
    """Demand of each, and of all that is traded by final demand: as it is, and without surges."""
    demand[:] = 0
    usual[:] = 0
    for index in range(len(m.demand_tonnes)):
        value, step = draw(t, m.demand_tonnes[index], common) / 12, draw(t, m.demand_volatility[index], common) / math.sqrt(12)
        drift = math.log1p(draw(t, m.demand_growth[index], common)) / 12 - step * step / 2
        factor, final = math.exp(drift), m.demand_final[index]
        for month in range(m.months):
            demands[index, month] = value
            value *= factor if step == 0 else math.exp(drift + step * np.random.standard_normal())
        if final >= 0:
            for month in range(m.months):
                usual[final, month] += demands[index, month]
        for at in range(m.surges_at[index], m.surges_at[index + 1]):
            surge = m.surges[at]
            for month in range(m.months):
                demands[index, month] *= 1 + effect[surge, month]
        if final >= 0:
            for month in range(m.months):
                demand[final, month] += demands[index, month]


@fast
def exchange(each, made, wanted, stage, factors, cut, r):
    """Trade: `r[GOT]` is what markets get, `r[LEFT]` what nobody buys. Own use first; what is left over goes where it is
    needed, in proportion; then a second round where it is free."""
    all_supply, all_need = 0.0, 0.0
    for market in range(len(each)):
        own = min(made[stage, market], wanted[stage, market])
        r[GOT, market], r[LEFT, market], r[NEED, market] = own, made[stage, market] - own, wanted[stage, market] - own
        all_supply += r[LEFT, market]
        all_need += r[NEED, market]
    if all_supply <= 0 or all_need <= 0:
        return
    larger = max(all_supply, all_need)
    if not cut:
        served, sold = all_supply / larger, all_need / larger
        for market in range(len(each)):
            r[GOT, market] += r[NEED, market] * served
            r[LEFT, market] -= r[LEFT, market] * sold
        return
    for market in range(len(each)):
        r[SOLD, market], r[BOUGHT, market], r[MAY_SELL, market], r[MAY_BUY, market] = 0, 0, 0, 0
    for source in range(len(each)):
        for to in range(len(each)):
            flow = r[LEFT, source] * r[NEED, to] / larger * factors[stage, source, to]
            r[SOLD, source] += flow
            r[BOUGHT, to] += flow
    for market in range(len(each)):
        bought = min(r[BOUGHT, market], r[NEED, market])
        r[GOT, market] += bought
        r[NEED, market] -= bought
        r[LEFT, market] = max(r[LEFT, market] - r[SOLD, market], 0.0)
        r[SOLD, market], r[BOUGHT, market] = 0, 0
    for source in range(len(each)):
        for to in range(len(each)):
            if factors[stage, source, to] == 1:
                r[MAY_SELL, source] += r[NEED, to]
                r[MAY_BUY, to] += r[LEFT, source]
    for source in range(len(each)):
        for to in range(len(each)):
            larger = max(r[MAY_SELL, source], r[MAY_BUY, to])
            if factors[stage, source, to] == 1 and larger > 0:
                flow = r[LEFT, source] * r[NEED, to] / larger
                r[SOLD, source] += flow
                r[BOUGHT, to] += flow
    for market in range(len(each)):
        r[GOT, market] += min(r[BOUGHT, market], r[NEED, market])
        r[LEFT, market] = max(r[LEFT, market] - r[SOLD, market], 0.0)


@fast
def clean(difference, of):
    return difference if difference > DUST * of else 0.0


@fast
def plan(each, use_of, uses_at, stage_feeds, feed_to, ratio, capacity, wanted, factors, cut, feed_wanted, requirement, planned, r):
    """From the last stages to the first: what is wanted, and what plants would sell if feed were no matter."""
    for stage in range(len(cut) - 1, -1, -1):
        for market in range(len(each)):
            feed = 0.0
            for at in range(uses_at[stage], uses_at[stage + 1]):
                use = use_of[at]
                feed += planned[feed_to[use], market] * ratio[use]
            feed_wanted[stage, market] = feed
            requirement[stage, market] = wanted[stage, market] + feed
        if stage_feeds[stage] < stage_feeds[stage + 1]:  # else nobody asks
            exchange(each, capacity, requirement, stage, factors, cut[stage], r)
            for market in range(len(each)):
                planned[stage, market] = capacity[stage, market] - r[LEFT, market]


@fast
def part(offered, wanted, by_all):
    return min(wanted, offered * wanted / by_all) if by_all > 0 else 0.0


@fast
def run_months(m, t, common, effect, capacities, undisturbed, country, demands, demand, usual, rows, noted, needed_stock, unserved_sum, loss,
               decisions):
    """The month loop. Fills the series, and what outcomes look back on."""
    stages, months, markets = m.stages, m.months, len(m.each)
    ratio = np.empty(len(m.feed_ratio))
    for feed in range(len(ratio)):
        ratio[feed] = draw(t, m.feed_ratio[feed], common)
    passed = np.empty(len(m.shock_leakage))
    for index in range(len(passed)):
        passed[index] = 1 - draw(t, m.shock_leakage[index], common)
    kept = np.ones((len(m.cut_rows_at) - 1, months))
    for row in range(len(kept)):
        for at in range(m.cut_rows_at[row], m.cut_rows_at[row + 1]):
            index = m.cut_rows[at]
            for month in range(months):
                kept[row, month] *= 1 - effect[index, month] * passed[index]
    stocks = len(m.stock_place)
    # Levels are tonnes, and months of normal wants.
    target, held, fastest_fill, fastest_release = np.empty((stocks, 2)), np.empty(stocks), np.empty(stocks), np.empty(stocks)
    initial = np.empty((stocks, 2))
    for index in range(stocks):
        for unit, per in ((0, 1.0), (1, DAYS_PER_MONTH)):
            target[index, unit] = draw(t, m.stock_target[index, unit], common) / per
            initial[index, unit] = target[index, unit]
            if m.stock_initial[index, 0] >= 0:
                initial[index, unit] = draw(t, m.stock_initial[index, unit], common) / per
        fastest_fill[index] = draw(t, m.stock_fill[index], common)
        fastest_release[index] = draw(t, m.stock_release[index], common)
    thrift = np.zeros((markets, 3))
    for market in range(markets):
        for at in range(3):
            if m.thrift[market, at] >= 0:
                thrift[market, at] = draw(t, m.thrift[market, at], common)
    elasticity = np.ones(stages)
    for stage in range(stages):
        if m.has_price[stage]:
            elasticity[stage] = draw(t, m.price[stage, 0], common) + draw(t, m.price[stage, 1], common)
    r = np.zeros((7, markets))
    # By kind, stage and market.
    flows = np.zeros((19, stages, markets))
    production, capacity, requirement, before_thrift = flows[PRODUCTION], flows[CAPACITY], flows[REQUIREMENT], flows[DEMAND]
    saved, shortage, fraction, unmet_feed = flows[THRIFT], flows[SHORTAGE], flows[FRACTION], flows[UNMET_FEED]
    unsold, unused, in_stock = flows[UNSOLD], flows[UNUSED], flows[STOCK]
    wanted, feed_wanted, planned = np.zeros((stages, markets)), np.zeros((stages, markets)), np.zeros((stages, markets))
    thrifty = np.zeros((stages, markets))
    normal, past = np.zeros((stages, markets)), np.zeros((12, stages, markets))
    normal_wants, normal_users, normal_feed = np.zeros((stages, markets)), np.zeros((stages, markets)), np.zeros((stages, markets))
    normal_capacity = np.zeros((stages, markets))
    received = np.zeros((len(ratio), markets))
    free, no_cut = np.ones((stages, markets, markets)), np.zeros(stages, np.bool_)
    factors, cut = np.ones((stages, markets, markets)), np.zeros(stages, np.bool_)
    beyond, lacking, left = np.zeros((stages, markets)), np.zeros((stages, markets)), np.zeros((stages, markets))
    wants, need = np.zeros((stages, markets)), np.zeros((stages, markets))
    left_before, claims, fulfilled = np.zeros(markets), np.zeros(markets), np.zeros(markets, np.bool_)
    room, released_as_feed = np.zeros(stocks), np.zeros(stocks)
    deficit, unserved = np.zeros(len(m.finals)), np.zeros(len(m.demand_place))
    covered, needed = np.zeros((len(m.excluded), stages)), np.zeros(stages)
    # Once: to take an array out of the tuple counts a reference, and to pass the tuple counts one for every array in it.
    counted, cuts, demand_final, demand_place, embedded = m.counted, m.cuts, m.demand_final, m.demand_place, m.embedded
    excluded, feed_from, feed_to, finals, has_price = m.excluded, m.feed_from, m.feed_to, m.finals, m.has_price
    price_most, series, stage_cuts, stage_feeds = m.price_most, m.series, m.stage_cuts, m.stage_feeds
    stock_place, stocks_at, uses_at, answers, use_of = m.stock_place, m.stocks_at, m.uses_at, m.thrift, m.uses
    signals, memory, answer_begin, answer_x, answer_y = m.signal, m.memory, m.answer_begin, m.answer_x, m.answer_y
    decided_group, group_place, group_country, outages, outages_at = m.decided_group, m.group_place, m.group_country, m.outages, m.outages_at
    final_at = np.full((stages, markets), -1)
    for final in range(len(finals)):
        final_at[finals[final] // markets, finals[final] % markets] = final
    rates, left_to_pass, groups = np.empty(len(decisions)), np.empty(len(decisions)), len(m.group_place)
    for index in range(len(decisions)):
        rates[index], left_to_pass[index] = draw(t, m.investment_rate[index], common) / 12, np.random.standard_exponential()
    steps, slope, level = np.zeros((groups, months + 2)), np.zeros(groups), np.zeros(groups)
    for month in range(months):
        # Investors look at the months before this one.
        for index in range(len(decisions)):
            rate = rates[index]
            if signals[index] >= 0 and month > 0:
                first, signal = max(month - memory[index], 0), 0.0
                for before in range(first, month):
                    signal += rows[signals[index], before]
                at, last = answer_begin[index], answer_begin[index + 1]
                rate *= answer(answer_x[at:last], answer_y[at:last], signal / (month - first))
            if left_to_pass[index] < rate:
                decide(m, t, common, month, rate, index, left_to_pass, decisions, steps)
            else:
                left_to_pass[index] -= rate
        # What plants make that they decided on.
        for group in decided_group:
            slope[group] += steps[group, month]
            level[group] += slope[group]
            made, place, of = max(level[group], 0.0), group_place[group], group_country[group]
            undisturbed[place, month] += made
            for at in range(outages_at[group], outages_at[group + 1]):
                made *= 1 - effect[outages[at], month]
            capacities[place, month] += made
            if of >= 0:
                country[of, place // markets, month] += made
        for stage in range(stages):
            for market in range(markets):
                capacity[stage, market] = capacities[stage * markets + market, month]
            cut[stage] = False
            for at in range(stage_cuts[stage], stage_cuts[stage + 1]):
                factor = kept[cuts[at, 2], month]
                factors[stage, cuts[at, 0], cuts[at, 1]] = factor
                cut[stage] = cut[stage] or factor < 1
        for final in range(len(finals)):
            stage, market = finals[final] // markets, finals[final] % markets
            before_thrift[stage, market], normal_users[stage, market] = demand[final, month], usual[final, month]
            saved[stage, market] = thrifty[stage, market] if demand[final, month] > 0 else 0.0
            wanted[stage, market] = demand[final, month] * (1 - thrifty[stage, market])
        # Normal wants: those of a plan without disruptions, the mean of the twelve months before.
        if len(counted) > 0:
            for stage in range(stages):
                for market in range(markets):
                    normal_capacity[stage, market] = undisturbed[stage * markets + market, month]
            plan(m.each, use_of, uses_at, stage_feeds, feed_to, ratio, normal_capacity, normal_users, free, no_cut, normal_feed,
                 normal_wants, planned, r)
            for at in range(len(counted)):
                place = counted[at]
                stage, market = place // markets, place % markets
                if month == 0:
                    past[:, stage, market] = normal_wants[stage, market]
                total = 0.0
                for before in range(12):
                    total += past[before, stage, market]
                normal[stage, market] = total / 12
                past[month % 12, stage, market] = normal_wants[stage, market]
        if month == 0:
            for index in range(stocks):
                held[index] = initial[index, 0] + initial[index, 1] * normal[stock_place[index] // markets, stock_place[index] % markets]
        plan(m.each, use_of, uses_at, stage_feeds, feed_to, ratio, capacity, wanted, factors, cut, feed_wanted, requirement, planned, r)
        for stage in range(stages):
            feeds = range(stage_feeds[stage], stage_feeds[stage + 1])
            uses = range(uses_at[stage], uses_at[stage + 1])
            # Matching: feed that one market cannot use goes where it can be used.
            if len(feeds) > 1:
                for feed in feeds:
                    source, any_beyond, any_lacking = feed_from[feed], False, False
                    for market in range(markets):
                        makes = capacity[stage, market]
                        for other in feeds:
                            if other != feed:
                                makes = min(makes, received[other, market] / ratio[other])
                        usable, have = makes * ratio[feed], received[feed, market]
                        extra, lack = clean(have - usable, have), clean(usable - have, usable)
                        beyond[source, market], lacking[source, market] = extra, lack
                        any_beyond, any_lacking = any_beyond or extra > 0, any_lacking or lack > 0
                    if any_beyond and any_lacking:
                        exchange(m.each, beyond, lacking, source, factors, cut[source], r)
                        for market in range(markets):
                            received[feed, market] += r[GOT, market] - (beyond[source, market] - r[LEFT, market])
            for market in range(markets):
                output = capacity[stage, market]
                for feed in feeds:
                    output = min(output, received[feed, market] / ratio[feed])
                production[stage, market] = output
            exchange(m.each, production, requirement, stage, factors, cut[stage], r)
            # Users first, then later stages by plan; stocks fill gaps.
            all_claims, stocked = 0.0, False
            for market in range(markets):
                want, feed_want = wanted[stage, market], feed_wanted[stage, market]
                met = min(r[GOT, market], want)
                feed = r[GOT, market] - met
                short, feed_short = clean(want - met, want), clean(feed_want - feed, feed_want)
                fulfilled[market] = short == 0 and feed_short == 0
                left[stage, market], left_before[market], claims[market] = r[LEFT, market], r[LEFT, market], 0.0
                place = stage * markets + market
                for index in range(stocks_at[place], stocks_at[place + 1]):
                    stocked = True
                    out = min(held[index], short, fastest_release[index])
                    held[index] -= out
                    short -= out
                    more = min(held[index], feed_short, fastest_release[index] - out)
                    held[index] -= more
                    feed_short -= more
                    feed += more
                    released_as_feed[index] = more
                    full = target[index, 0] + target[index, 1] * normal[stage, market]
                    room[index] = min(max(full - held[index], 0.0), fastest_fill[index])
                    if fulfilled[market]:
                        claims[market] += room[index]
                        all_claims += room[index]
                unmet_feed[stage, market] = clean(feed_short, feed_want)
                users = before_thrift[stage, market] > 0
                shortage[stage, market] = clean(short, want) if users else unmet_feed[stage, market]
                of = want if want > 0 else feed_want
                fraction[stage, market] = shortage[stage, market] / of if of > 0 else 0.0
                for at in uses:
                    use = use_of[at]
                    share = planned[feed_to[use], market] * ratio[use]
                    received[use, market] = feed * (share / feed_want) if feed_want > 0 else 0.0
            # Stocks fill from what nobody bought.
            if all_claims > 0:
                for market in range(markets):
                    offered = 0.0
                    for source in range(markets):
                        offered += factors[stage, source, market] * left_before[source]
                    filled = part(offered, claims[market], all_claims)
                    if filled > 0:
                        for source in range(markets):
                            sold = factors[stage, source, market] * left_before[source] * (filled / offered)
                            left[stage, source] = max(left[stage, source] - sold, 0.0)
                        place = stage * markets + market
                        for index in range(stocks_at[place], stocks_at[place + 1]):
                            more = min(room[index], filled)
                            held[index] += more
                            filled -= more
            # The stock that would have been needed, by a trade without this market's thrift.
            for market in range(markets):
                final = final_at[stage, market]
                if final < 0:
                    continue
                full, feed_want = before_thrift[stage, market], feed_wanted[stage, market]
                if thrifty[stage, market] > 0:
                    for other in range(markets):
                        wants[stage, other] = requirement[stage, other]
                    wants[stage, market] = full + feed_want
                    exchange(m.each, production, wants, stage, factors, cut[stage], r)
                    met, feed = min(r[GOT, market], full), r[GOT, market] - min(r[GOT, market], full)
                    short, feed_short = clean(full - met, full), clean(feed_want - feed, feed_want)
                    ok = short == 0 and feed_short == 0
                    lack = short
                else:
                    exchange(m.each, production, requirement, stage, factors, cut[stage], r)
                    lack, ok = clean(full - min(r[GOT, market], full), full), fulfilled[market]
                if lack > 0 or deficit[final] > 0:
                    want = deficit[final] if ok else 0.0
                    place, fastest = stage * markets + market, 0.0
                    for index in range(stocks_at[place], stocks_at[place + 1]):
                        fastest += fastest_fill[index]
                    if stocks_at[place] < stocks_at[place + 1]:
                        want = min(want, fastest)
                    offered = 0.0
                    for source in range(markets):
                        offered += factors[stage, source, market] * r[LEFT, source]
                    refill = part(offered, want, all_claims - claims[market] + want if stocked else want)
                    deficit[final] = max(deficit[final] + lack - refill, 0.0)
                    needed_stock[final] = max(needed_stock[final], deficit[final])
            # Surplus goes to plants that the plan left idle.
            if len(uses) > 0:
                any_left, any_need = False, False
                for market in range(markets):
                    any_left, need[stage, market] = any_left or left[stage, market] > 0, 0.0
                    for at in uses:
                        use = use_of[at]
                        to = feed_to[use]
                        need[stage, market] += clean(capacity[to, market] - planned[to, market], capacity[to, market]) * ratio[use]
                    any_need = any_need or need[stage, market] > 0
                if any_left and any_need:
                    exchange(m.each, left, need, stage, factors, cut[stage], r)
                    for market in range(markets):
                        left[stage, market] = r[LEFT, market]
                        for at in uses:
                            use = use_of[at]
                            to = feed_to[use]
                            idle = clean(capacity[to, market] - planned[to, market], capacity[to, market]) * ratio[use]
                            if need[stage, market] > 0:
                                received[use, market] += r[GOT, market] * (idle / need[stage, market])
            for market in range(markets):
                unsold[stage, market] = left[stage, market]
        # What was released and could not be used returns.
        for stage in range(stages):
            for market in range(markets):
                rest = 0.0
                for at in range(uses_at[stage], uses_at[stage + 1]):
                    use = use_of[at]
                    have = received[use, market]
                    rest += clean(have - production[feed_to[use], market] * ratio[use], have)
                place, tonnes = stage * markets + market, 0.0
                for index in range(stocks_at[place + 1] - 1, stocks_at[place] - 1, -1):
                    back = min(released_as_feed[index], rest)
                    held[index] += back
                    rest -= back
                    tonnes += held[index]
                unused[stage, market], in_stock[stage, market] = rest, tonnes
        # Who goes short, and who learns to save.
        for final in range(len(finals)):
            stage, market = finals[final] // markets, finals[final] % markets
            missing = shortage[stage, market]
            noted[0, final, month], noted[1, final, month], noted[2, final, month] = missing, fraction[stage, market], wanted[stage, market]
            for index in range(len(demand_place) - 1, -1, -1):  # the last in the order of service goes short first
                if demand_final[index] == final:
                    unserved[index] = min(missing, demands[index, month] * (1 - thrifty[stage, market]))
                    missing -= unserved[index]
                    unserved_sum[index] += unserved[index]
            if answers[market, 0] >= 0:
                full = demand[final, month]
                if full > 0 and shortage[stage, market] > FELT * full:
                    thrifty[stage, market] = min(thrifty[stage, market] + thrift[market, 0] / 12, thrift[market, 1])
                else:
                    thrifty[stage, market] = max(thrifty[stage, market] - thrift[market, 2] / 12, 0.0)
        # Coverage: the others pooled; the least over a product and all that it is made from.
        for chain in range(len(excluded)):
            without = excluded[chain, 0]
            for stage in range(stages):
                needed[stage] = 0
                for market in range(markets):
                    if market != without:
                        needed[stage] += before_thrift[stage, market]
            if excluded[chain, 1] == 1:
                for index in range(len(embedded)):
                    if embedded[index] == without:
                        needed[demand_place[index] // markets] += demands[index, month]
            for stage in range(stages - 1, -1, -1):
                for feed in range(stage_feeds[stage], stage_feeds[stage + 1]):
                    needed[feed_from[feed]] += needed[stage] * ratio[feed]
            for stage in range(stages):
                pooled = 0.0
                for market in range(markets):
                    if market != without:
                        pooled += capacity[stage, market]
                least = pooled / needed[stage] if needed[stage] > 0 else np.inf
                for feed in range(stage_feeds[stage], stage_feeds[stage + 1]):
                    least = min(least, covered[chain, feed_from[feed]])
                covered[chain, stage] = least
        for index in range(len(series)):
            kind, stage, market, of = series[index, 0], series[index, 1], series[index, 2], series[index, 3]
            value = flows[kind, stage, market]
            if kind == SHARE or kind == OUTSIDE:
                world = 0.0
                for other in range(markets):
                    world += production[stage, other]
                value = production[stage, market]
                if kind == OUTSIDE:
                    value = world - value
                else:
                    if of >= 0:
                        value *= country[of, stage, month] / capacity[stage, market] if capacity[stage, market] > 0 else 0.0
                    value = value / world if world > 0 else 0.0
            elif kind == STOCK_DAYS:
                value = in_stock[stage, market] / normal[stage, market] * DAYS_PER_MONTH if normal[stage, market] > 0 else np.inf
            elif kind == COVERAGE or kind == COVERAGE_IN_USE:
                value = covered[series[index, 5], stage]
            elif kind == PRICE:
                value = 1.0
                if has_price[stage] and shortage[stage, market] > 0:
                    supplied = 1 - shortage[stage, market] / requirement[stage, market]
                    value = min(supplied ** (-1 / elasticity[stage]), price_most[stage]) if supplied > 0 else price_most[stage]
            elif kind == LOSS:
                value = 0.0
                for other in range(len(demand_place)):
                    if demand_place[other] == stage * markets + market and demand_final[other] >= 0:
                        value += unserved[other] * loss[other]
            elif kind == UNSERVED:
                value = unserved[series[index, 4]]
            rows[index, month] = value


@fast
def fill_outcomes(m, e, rows, noted, needed_stock, unserved_sum, loss, decisions, out):
    markets, months = len(m.each), m.months
    for at in range(len(m.outcomes)):
        kind, of = m.outcomes[at, 0], m.outcomes[at, 1]
        if kind < STOCK_NEEDED:
            short = noted[0, of]
            value, run, most, wanted = 0.0, 0, 0.0, 0.0
            if kind == TOTAL_SHORTAGE:
                for month in range(months):
                    value += short[month]
            elif kind == WORST_MONTH:
                for month in range(months):
                    value = max(value, noted[1, of, month])
            elif kind == FIRST_SHORTAGE:
                value = np.inf
                for month in range(months):
                    if short[month] > 0:
                        value = month
                        break
            elif kind == LONGEST_SHORTAGE:
                for month in range(months):
                    run = run + 1 if short[month] > 0 else 0
                    value = max(value, run)
            elif kind == MONTHS_SHORT:
                for month in range(months):
                    value += short[month] > 0
            elif kind == FILL_RATE:
                for month in range(months):
                    most += short[month]
                    wanted += noted[2, of, month]
                value = 1 - (most / wanted if wanted > 0 else 0.0)
            else:
                for month in range(months):
                    year = 0.0
                    for past in range(max(0, month - 11), month + 1):
                        year += short[past]
                    value = max(value, year)
            out[at] = value
        elif kind == STOCK_NEEDED:
            out[at] = needed_stock[of]
        elif kind == TOTAL_LOSS:
            out[at] = 0
            for index in range(len(m.demand_final)):
                if m.demand_final[index] == of:
                    out[at] += unserved_sum[index] * loss[index]
        elif kind == TOTAL_UNSERVED:
            out[at] = unserved_sum[of]
        elif kind == MILESTONE:
            spell, out[at] = 0, np.inf
            for month in range(months):
                value = rows[m.milestone_series[of], month]
                spell = spell + 1 if value >= m.at_least[of] and value <= m.at_most[of] else 0
                if spell == m.for_months[of]:
                    out[at] = month + 1 - spell
                    break
        elif kind == DECISIONS:
            out[at] = decisions[of]
        else:
            out[at] = 0
            for n in range(e.count[of]):
                span = min(e.end[of, n], float(months)) - max(e.begin[of, n], 0.0)
                if span > 0:
                    out[at] += 1 if kind == EPISODES else span


@fast
def find_cells(m, rows, bits, cells):
    """The cell of every series and month."""
    for index in range(len(m.series)):
        law, fine, last, first = m.cells[index, 0], m.cells[index, 1], m.cells[index, 2] - 1, index * m.months
        if law == results.LINEAR:
            for month in range(m.months):
                value = rows[index, month]
                cells[first + month] = min(int(min(value * fine, 65000.0)) + (1 if value > 0 else 0), last)
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


@njit(nogil=True, **OPTIONS)
def play_block(m, first, last, seed, outcomes, offsets, table):
    """Plays the trials from `first` to `last`."""
    np.random.seed(seed)
    t = Inputs(m.kinds, m.params, m.factor, m.loading, m.pool)
    shocks, markets = len(m.shock_rate), len(m.each)
    size = (shocks, MOST_EPISODES)
    e = Episodes(np.empty(size), np.empty(size), np.empty(size), np.empty(size), np.zeros(shocks, np.int64))
    windows, effect = np.empty((m.most_windows, 4)), np.empty((shocks, m.months + 2))
    starts, steps = np.empty(m.first_plant), np.empty((len(m.group_place), m.months + 2))
    capacity, undisturbed = np.empty((m.stages * markets, m.months)), np.empty((m.stages * markets, m.months))
    country, finals = np.empty((m.countries, m.stages, m.months)), len(m.finals)
    demands, demand, usual = np.empty((len(m.loss), m.months)), np.empty((finals, m.months)), np.empty((finals, m.months))
    rows, noted = np.empty((len(m.series), m.months)), np.empty((3, finals, m.months))
    noted_cells = np.empty((len(m.series) * m.months, BLOCK), np.uint16)
    row, common, loss = np.empty(m.months), np.empty(m.factors), np.zeros(len(m.loss))
    bits = rows.view(np.int64)
    for trial in range(first, last):
        for factor in range(len(common)):
            common[factor] = np.random.standard_normal()
        draw_episodes(m, t, common, e, windows)
        average_effects(m, e, effect)
        draw_projects(m, t, common, starts, steps)
        fill_capacity(m, t, common, steps, effect, row, capacity, undisturbed, country)
        fill_demand(m, t, common, effect, demands, demand, usual)
        for index in range(len(loss)):
            if m.loss[index] >= 0:
                loss[index] = draw(t, m.loss[index], common)
        unserved_sum, needed_stock, decisions = np.zeros(len(loss)), np.zeros(finals), np.zeros(len(m.signal), np.int64)
        run_months(m, t, common, effect, capacity, undisturbed, country, demands, demand, usual, rows, noted, needed_stock,
                   unserved_sum, loss, decisions)
        fill_outcomes(m, e, rows, noted, needed_stock, unserved_sum, loss, decisions, outcomes[trial])
        slot = (trial - first) % BLOCK
        find_cells(m, rows, bits, noted_cells[:, slot])
        if slot == BLOCK - 1 or trial == last - 1:
            count_cells(m, noted_cells, offsets, slot + 1, table)


def main():
    model, trials, seed, output = results.arguments()
    packed = pack(model)
    threads = numba.get_num_threads()
    sizes = [model["months"] * results.cells_of(spec["kind"])[2] for spec in model["series"]]
    offsets = np.cumsum([0] + sizes)

    def play(trials):
        outcomes = np.empty((trials, len(model["outcomes"])))
        tables = np.zeros((threads, offsets[-1]), np.uint32)
        ends = [trials * thread // threads for thread in range(threads + 1)]
        play = lambda thread: play_block(packed, ends[thread], ends[thread + 1], seed + thread, outcomes, offsets, tables[thread])
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(play, range(threads)))
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
    outcomes = dict(zip([spec["name"] for spec in model["outcomes"]], map(results.of_values, outcomes.T)))
    results.save(output, trials, clock.read(), outcomes, series, compile=compile_seconds)


if __name__ == "__main__":
    # As a module with a name of its own: by that name the cache of machine code finds the types it was made for.
    import numba_peer

    numba_peer.main()
