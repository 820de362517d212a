/* M/M/s+M in C as Sojourn does it: its customers, its keyed draws and its log of each of them; still for one model alone.
 *
 * What single_queue.c takes, and on top what the log and draws that depend on nobody else take. Called from Python.
 *
 * Generator: Philox4x32-10, written from J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC '11,
 * doi:10.1145/2063384.2063405. One run of it gives both of a customer's draws, as in Sojourn.
 */
#include <math.h>
#include <stdint.h>

#define MOST_AGENTS 1024
#define RING 65536 /* more wait only if the model is unstable: checked */

enum { HANDLED = 1, ABANDONED = 2, RESOLVED = -1, GAVE_UP = -3 };

struct model { int64_t agents; double service, patience; uint32_t seed, stream, replication; };
struct log { int32_t *customer, *step, *result, *next, *group, *agent; double *began, *started, *ended, *freed, *announced; };
struct departure { double time; int64_t customer; };

static struct departure heap[MOST_AGENTS];
static int64_t busy;
static double deadline[RING], talk[RING];
static int64_t owner[RING], idle[RING];

static double open_interval(uint32_t high, uint32_t low) {
    return ((double)(high >> 6) * 67108864.0 + (double)(low >> 6) + 0.5) * 0x1p-52;
}

static void draw(const struct model *of, uint64_t key, double *talks, double *waits) {
    uint32_t c0 = (uint32_t)key, c1 = (uint32_t)(key >> 32), c2 = 0, c3 = of->replication, k0 = of->seed, k1 = of->stream;
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    *talks = -of->service * log(1.0 - open_interval(c0, c1));
    *waits = -of->patience * log(1.0 - open_interval(c2, c3));
}

static void push(struct departure one) {
    int64_t at = busy++;
    while (at > 0 && heap[(at - 1) / 2].time > one.time) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = one;
}

static void replace_first(struct departure one) {
    int64_t at = 0;
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= busy) break;
        if (child + 1 < busy && heap[child + 1].time < heap[child].time) child++;
        if (heap[child].time >= one.time) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = one;
}

static void remove_first(void) {
    struct departure last = heap[--busy];
    if (busy) replace_first(last);
}

static void answer(const struct log *to, int64_t customer, int64_t agent, double now) {
    to->group[customer] = 0;
    to->agent[customer] = (int32_t)agent;
    to->started[customer] = now;
}

static void leave(const struct log *to, int64_t customer, int result, int next, double now) {
    to->result[customer] = result;
    to->next[customer] = next;
    to->ended[customer] = now;
}

/* Returns 0, or 1 if there was no room. */
int simulate(const struct model *of, int64_t customers, const double *arrival, const uint64_t *key, const struct log *to) {
    int64_t come = 0, head = 0, tail = 0, first = 0, last = 0;
    if (of->agents > MOST_AGENTS) return 1;
    busy = 0;
    while (last < of->agents) idle[last] = last, last++;
    while (come < customers || busy) {
        if (come < customers && (!busy || arrival[come] < heap[0].time)) {
            double now = arrival[come], talks, waits;
            draw(of, key[come], &talks, &waits);
            to->customer[come] = (int32_t)come;
            to->step[come] = 0;
            to->began[come] = now;
            to->announced[come] = NAN;
            if (busy < of->agents) {
                answer(to, come, idle[first++ % RING], now);
                push((struct departure){now + talks, come});
            } else {
                if (tail - head >= RING) return 1;
                deadline[tail % RING] = now + waits;
                talk[tail % RING] = talks;
                owner[tail++ % RING] = come;
            }
            come++;
            continue;
        }
        double now = heap[0].time;
        int64_t done = heap[0].customer;
        leave(to, done, HANDLED, RESOLVED, now);
        to->freed[done] = now;
        while (head < tail && deadline[head % RING] <= now) {
            int64_t gone = owner[head % RING];
            leave(to, gone, ABANDONED, GAVE_UP, deadline[head++ % RING]);
            to->group[gone] = to->agent[gone] = -1;
            to->started[gone] = to->freed[gone] = NAN;
        }
        if (head < tail) {
            int64_t next = owner[head % RING];
            answer(to, next, to->agent[done], now);
            replace_first((struct departure){now + talk[head++ % RING], next});
        } else {
            idle[last++ % RING] = to->agent[done];
            remove_first();
        }
    }
    return 0;
}
