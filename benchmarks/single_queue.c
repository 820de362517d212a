/* The bare single queue in C: M/M/s+M with counters, no log, nothing else. Usage: single_queue CUSTOMERS SEED BATCHES
 *
 * Written for its one model: departures of the busy agents in a heap of doubles, the queue in a ring with each
 * customer's patience in it, so that who gives up is found when the queue's head is looked at, without an event.
 * Service is drawn as it starts, patience for those who wait. Arguments of the model follow: agents, arrivals per
 * second, mean service, mean patience. Prints the seconds of the simulation alone, and each batch's shares.
 *
 * Generator: xoshiro256+, seeded by splitmix64, written from the description in D. Blackman, S. Vigna, "Scrambled
 * linear pseudorandom number generators", ACM Trans. Math. Softw. 47(4), 2021, doi:10.1145/3460772.
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_AGENTS 1024
#define RING 65536 /* more wait only if the model is unstable: checked */

static uint64_t state[4];

static uint64_t turn(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

static void seed_with(uint64_t x) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = (x += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        state[i] = z ^ (z >> 31);
    }
}

static uint64_t next_bits(void) {
    uint64_t result = state[0] + state[3], kept = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= kept;
    state[3] = turn(state[3], 45);
    return result;
}

static double exponential(double mean) { return -mean * log(((next_bits() >> 11) + 0.5) * 0x1p-53); }

static double heap[MOST_AGENTS];
static int busy;

static void push(double time) {
    int at = busy++;
    while (at > 0 && heap[(at - 1) / 2] > time) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = time;
}

static void replace_first(double time) {
    int at = 0;
    for (;;) {
        int child = 2 * at + 1;
        if (child >= busy) break;
        if (child + 1 < busy && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= time) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = time;
}

static void remove_first(void) {
    double last = heap[--busy];
    if (busy) replace_first(last);
}

static double deadline[RING];
static long owner[RING];
static long head, tail;

int main(int given, char **argument) {
    if (given != 8) return 2;
    long customers = atol(argument[1]);
    seed_with((uint64_t)atoll(argument[2]));
    long batches = atol(argument[3]);
    int agents = atoi(argument[4]);
    double gap = 1.0 / atof(argument[5]), service = atof(argument[6]), patience = atof(argument[7]);
    long *waited = calloc((size_t)batches, sizeof *waited), *abandoned = calloc((size_t)batches, sizeof *abandoned);
    if (agents > MOST_AGENTS || !waited || !abandoned) return 2;
    long size = (customers + batches - 1) / batches, come = 0, served = 0, left = 0;

    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    double arrival = exponential(gap);
    while (come < customers || busy) {
        if (come < customers && (!busy || arrival < heap[0])) {
            if (busy < agents) {
                push(arrival + exponential(service));
                served++;
            } else {
                waited[come / size]++;
                deadline[tail % RING] = arrival + exponential(patience);
                owner[tail++ % RING] = come;
                if (tail - head > RING) return 3;
            }
            come++;
            arrival += exponential(gap);
            continue;
        }
        double now = heap[0];
        while (head < tail && deadline[head % RING] <= now) {
            abandoned[owner[head++ % RING] / size]++;
            left++;
        }
        if (head < tail) {
            head++;
            served++;
            replace_first(now + exponential(service));
        } else {
            remove_first();
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);

    double seconds = (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
    printf("%ld %ld %ld %.9f\n", come, served, left, seconds);
    for (long i = 0; i < batches; i++) {
        long in_batch = i == batches - 1 ? customers - i * size : size;
        printf("%.9f %.9f\n", (double)waited[i] / (double)in_batch, (double)abandoned[i] / (double)in_batch);
    }
    return 0;
}
