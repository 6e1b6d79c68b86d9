/* SPDX-License-Identifier: MIT */
/*
 * The peer of decode.c: ProbeMatches into structs by the code that gSOAP generates for
 * WS-Discovery (wsdd.h), over the same bytes.
 *
 * usage: decode_gsoap FILE              Prints one line of JSON.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "soapH.h"
#include "wsdd.nsmap"

enum { TURNS = 9, TURN_MILLISECONDS = 200, ROOM = 1 << 16 };

static char bytes[ROOM];
static size_t size, given;

/* Stands in for the socket. */
static size_t receive(struct soap *soap, char *buffer, size_t room)
{
    size_t n = size - given < room ? size - given : room;
    (void)soap;
    memcpy(buffer, bytes + given, n);
    given += n;
    return n;
}

/* True if the message was read and has its match. */
static bool decode(struct soap *soap)
{
    struct __wsdd__ProbeMatches message = {NULL};
    given = 0;
    bool good = soap_begin_recv(soap) == SOAP_OK && soap_envelope_begin_in(soap) == SOAP_OK &&
                soap_recv_header(soap) == SOAP_OK && soap_body_begin_in(soap) == SOAP_OK &&
                soap_get___wsdd__ProbeMatches(soap, &message, NULL, NULL) != NULL &&
                soap_body_end_in(soap) == SOAP_OK && soap_envelope_end_in(soap) == SOAP_OK &&
                message.wsdd__ProbeMatches && message.wsdd__ProbeMatches->__sizeProbeMatch == 1 &&
                message.wsdd__ProbeMatches->ProbeMatch->XAddrs;
    soap_end_recv(soap);
    soap_destroy(soap);
    soap_end(soap);
    return good;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double turn(struct soap *soap)
{
    double begin = seconds(), end;
    unsigned long count = 0;
    do {
        for (int i = 0; i < 100; i++, count++)
            if (!decode(soap))
                return -1;
        end = seconds();
    } while (end - begin < TURN_MILLISECONDS / 1e3);
    return (double)count / (end - begin);
}

int main(int argc, char **argv)
{
    double best = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file || (size = fread(bytes, 1, ROOM, file)) == 0) {
        fprintf(stderr, "decode_gsoap: cannot read the message\n");
        return 1;
    }
    fclose(file);
    struct soap *soap = soap_new1(SOAP_IO_BUFFER);
    soap->frecv = receive;
    for (int t = 0; t < TURNS; t++) {
        double rate = turn(soap);
        if (rate < 0) {
            soap_print_fault(soap, stderr);
            return 1;
        }
        best = rate > best ? rate : best;
    }
    soap_free(soap);
    printf("{\"bytes\": %zu, \"gsoap_per_second\": %.0f}\n", size, best);
    return 0;
}
