// Runs a CXXRTL design over a batch of beats; cycle for cycle the same as run() in bench.py.
// Before this text come the design, SETTLED (1 if one evaluation settles it: no combinational
// feedback), WAVE (1 if signals can be written as VCD) and the text of ports.py.

#if WAVE
#include <cxxrtl/cxxrtl_vcd.h>
#include <fstream>
#endif

namespace {

struct Random {  // the same generator as in vectors.py
    uint32_t state;

    bool below(double probability) {
        state = state * 1664525u + 1013904223u;
        return (state >> 8) < static_cast<uint32_t>(probability * (1 << 24));
    }
};

enum Stop { DONE, HANG, TVALID_FELL, TDATA_CHANGED, TLAST_CHANGED };  // RULES of vectors.py

}  // namespace

extern "C" struct Job {
    // input beats: words, tlast, tuser, and how many outputs must have been taken before
    const uint32_t *data;
    const uint8_t *last;
    const uint32_t *user;
    const int64_t *after;
    int64_t beats;
    // stimulus and limits, in cycles
    double idle, backpressure;
    uint32_t seed;
    int64_t patience, drain;
    // reset once this many beats were taken, then start over; 0 for never
    int64_t reset_after;
    // results; each array has room for one value more than expected
    int64_t outputs;
    int64_t *output_value, *output_last, *output_cycle, *input_cycle;
    const int64_t *tap_expected;
    int64_t *const *tap_value;
    int64_t *tap_count;
    int64_t errors;  // expected; error_cycle has room for one more
    int64_t *error_cycle;
    int64_t taken_in, taken_out, error_count, stop;
    // a VCD file to write, or null
    const char *wave;
};

namespace {

#if WAVE
// Every signal that has a name, twice a cycle: when inputs have settled, and after the rising edge.
class Wave {
    static bool named(const std::string &path, const cxxrtl::debug_item &item) {
        const size_t start = path.rfind(' ') + 1;  // 0 for a name without a scope
        return item.type != cxxrtl::debug_item::MEMORY && path[start] != '$';
    }

    cxxrtl::debug_items items;
    cxxrtl::vcd_writer vcd;
    std::ofstream file;
    uint64_t time = 0;

public:
    Wave(Design &top, const char *path) {
        if (path == nullptr) return;
        file.open(path, std::ios::binary);
        top.debug_info(&items, nullptr, "");
        vcd.timescale(1, "ns");
        vcd.add(items, named);
    }

    void sample() {
        if (!file.is_open()) return;
        vcd.sample(time);
        time += 5;
        file << vcd.buffer;
        vcd.buffer.clear();
    }
};
#else
struct Wave {
    Wave(Design &, const char *) {}
    void sample() {}
};
#endif

class Bench {
    Design top;
    Job &job;
    Wave wave;
    Random in{0}, out{0};
    int64_t cycle = 0, quiet = 0, drained = 0;
    bool offered = false, waiting = false, shy = false, seen_last = false;
    int64_t seen_data = 0;
    std::vector<uint8_t> history[LAYERS + 1];  // per layer: valid in the last cycles, a ring

    bool s_ready = false, m_valid = false, m_last = false;
    int64_t m_data = 0;

    void start() {
        in.state = job.seed;
        out.state = ~job.seed;
        cycle = quiet = drained = 0;
        offered = waiting = shy = false;
        job.taken_in = job.taken_out = job.error_count = 0;
        for (int k = 0; k < SIGNALS; k++) job.tap_count[k] = 0;
        for (auto &ring : history) ring.assign(RING, 0);
        drive(false, true);
        top.p_rst.template set<uint32_t>(1);
        for (int k = 0; k < 2; k++) {
            settle();
            edge();
        }
        top.p_rst.template set<uint32_t>(0);
    }

    // Combinational outputs for the inputs now set, as they are just before the rising edge.
    void settle() {
        if (SETTLED) {
            // One evaluation computes both the outputs before the edge and the next state.
            top.p_clk.template set<uint32_t>(1);
            top.prev_p_clk.template set<uint32_t>(0);
            top.eval();
        } else {
            top.p_clk.template set<uint32_t>(0);
            top.step();
        }
        wave.sample();
    }

    void edge() {
        if (SETTLED) {
            top.commit();
        } else {
            top.p_clk.template set<uint32_t>(1);
            top.step();
        }
        wave.sample();
    }

    void drive(bool valid, bool ready) {
        const int64_t k = job.taken_in;
        top.p_s__axis__tvalid.template set<uint32_t>(valid);
        for (int word = 0; word < BEAT; word++)
            top.p_s__axis__tdata.data[word] =
                (valid ? job.data[k * BEAT + word] : ~0u) & (word == BEAT - 1 ? BEAT_MASK : ~0u);
        top.p_s__axis__tlast.template set<uint32_t>(valid ? job.last[k] : 1);
        top.p_s__axis__tuser.template set<uint32_t>(valid ? job.user[k] : IDLE_USER);
        top.p_m__axis__tready.template set<uint32_t>(ready);
    }

    int broken_rule() const {
        if (!waiting) return DONE;
        if (!m_valid) return TVALID_FELL;
        if (m_data != seen_data) return TDATA_CHANGED;
        return m_last != seen_last ? TLAST_CHANGED : DONE;
    }

    bool take_input() {
        if (!offered || !s_ready) return false;
        job.input_cycle[job.taken_in++] = cycle;
        offered = false;
        return true;
    }

    bool take_output(bool ready) {
        waiting = m_valid && !ready;
        seen_data = m_data;
        seen_last = m_last;
        if (!m_valid || !ready) return false;
        if (job.taken_out <= job.outputs) {
            job.output_value[job.taken_out] = m_data;
            job.output_last[job.taken_out] = m_last;
            job.output_cycle[job.taken_out] = cycle;
        }
        job.taken_out++;
        shy = job.backpressure > 0 && out.below(0.5);
        return true;
    }

    bool take_taps() {
        bool valid[LAYERS + 1] = {}, any = false;
        sample_valid(top, valid);
        for (int k = 0; k < LAYERS; k++) {
            history[k][cycle % RING] = valid[k];
            any = any || valid[k];
        }
        for (int k = 0; k < SIGNALS; k++) {
            if (!history[LAYER_OF[k]][(cycle + RING - DELAY[k]) % RING]) continue;
            if (job.tap_count[k] <= job.tap_expected[k])
                job.tap_value[k][job.tap_count[k]] = sample(top, k);
            job.tap_count[k]++;
        }
        return any;
    }

    void take_error() {
        if (!top.p_error.template get<uint32_t>()) return;
        if (job.error_count <= job.errors) job.error_cycle[job.error_count] = cycle;
        job.error_count++;
    }

    bool complete() const {
        bool all = job.taken_out >= job.outputs;
        for (int k = 0; k < SIGNALS; k++) all = all && job.tap_count[k] >= job.tap_expected[k];
        return all;
    }

    // One cycle; true when the run is over.
    bool tick() {
        const bool more = job.taken_in < job.beats && job.after[job.taken_in] <= job.taken_out;
        if (!offered && more) offered = !in.below(job.idle);
        bool ready = !out.below(job.backpressure);
        if (shy && !waiting) ready = false;  // a source must not wait for tready
        drive(offered, ready);
        settle();
        s_ready = top.p_s__axis__tready.template get<uint32_t>();
        m_valid = top.p_m__axis__tvalid.template get<uint32_t>();
        m_last = top.p_m__axis__tlast.template get<uint32_t>();
        m_data = output_data(top);
        job.stop = broken_rule();
        if (job.stop) return true;
        bool progress = take_input();
        progress = take_output(ready) || progress;
        progress = take_taps() || progress;
        take_error();
        edge();
        cycle++;
        quiet = progress ? 0 : quiet + 1;
        if (complete()) return drained++ >= job.drain;
        if (quiet < job.patience) return false;
        job.stop = HANG;
        return true;
    }

public:
    explicit Bench(Job &job) : job(job), wave(top, job.wave) {}

    void run() {
        start();
        if (job.reset_after > 0) {
            while (job.taken_in < job.reset_after)
                if (tick()) return;
            start();
        }
        while (!tick()) {
        }
    }
};

}  // namespace

extern "C" void run(Job *job) {
    Bench bench(*job);
    bench.run();
}
