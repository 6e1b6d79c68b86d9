/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The device's side: a target service that announces itself, answers Probe, Resolve and Get, and
 * hosts a scan service.
 *
 * A host owns the sockets of a program: the HTTP server and the multicast listeners on 3702, shared
 * with whoever else listens there. Devices live on a host, as many as wanted.
 */
#ifndef WSD_DEVICE_H
#define WSD_DEVICE_H

#include <sys/types.h>
#include <wsd/context.h>
#include <wsd/scan_types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wsd_host;
struct wsd_device;
struct wsd_scan_service;

/** A message that passes a host: a request to it, an answer, an announcement, an event. */
struct wsd_host_message {
    bool sent;     /**< true: from the device; false: to it */
    bool datagram; /**< UDP; else HTTP */
    bool piece;    /**< a part of an answer that is streamed; its size may grow by 1 kB at most */
    int status;    /**< of an HTTP answer that begins; 0 otherwise. May be changed */
    const char *content_type; /**< likewise; NULL where there is none */
    /** May be set to something else, which has to stay until the next message. */
    const char *bytes;
    size_t size;
    bool drop; /**< set it, and the message is not sent, or not read. Not of events and pieces */
    /** Milliseconds that an HTTP answer, or the answer to a datagram, is kept back; set by the
     *  function. */
    uint32_t delay;
};

/** Options of a host; zero means the default. */
struct wsd_host_options {
    size_t size;
    uint16_t port;       /**< HTTP port; 0: any. Windows' custom is 5357 */
    const char *address; /**< numeric address to serve on; NULL: all */
    bool no_discovery;   /**< no sockets on 3702: reached by URL only */
    /** Longest random wait before a multicast Probe is answered, milliseconds; default 500,
     *  WSD_NO_DELAY for none. */
    uint32_t max_answer_delay;
    bool answer_off_link; /**< answer datagrams from outside our own networks (reflection risk) */
    uint32_t answers_per_second;          /**< of all; default 100; WSD_NO_LIMIT for none */
    uint32_t answers_per_second_per_peer; /**< default 10 */
    /** Sees, and may change, all that passes: for programs that play a device with a fault, to
     *  prove that a client bears it or that a test finds it. NULL: none. */
    void (*filter)(void *user, struct wsd_host_message *message);
    void *user; /**< for filter */
};

#define WSD_NO_DELAY UINT32_MAX
#define WSD_NO_LIMIT UINT32_MAX

#define WSD_HOST_OPTIONS_INIT                                                                      \
    {                                                                                              \
        .size = sizeof(struct wsd_host_options)                                                    \
    }

/** Makes a host; its sockets listen from here on. Fails with WSD_E_SYSTEM, WSD_E_NO_MEMORY. */
WSD_API int wsd_host_new(struct wsd_context *context, const struct wsd_host_options *options,
                         struct wsd_host **ret_host, struct wsd_error *reterr);
/** The HTTP port in use. */
WSD_API uint16_t wsd_host_port(const struct wsd_host *host);
/** Says Bye for all devices (at once, no repeats are waited for) and frees them. NULL is fine. */
WSD_API void wsd_host_free(struct wsd_host *host);

/** Who a device is. Strings are copied; those left NULL are left out of the metadata. */
struct wsd_device_options {
    size_t size;
    const char *endpoint;      /**< "urn:uuid:..."; NULL: made from friendly_name, stable */
    const char *friendly_name; /**< required */
    const char *manufacturer;  /**< required */
    const char *model_name;    /**< required */
    const char *manufacturer_url, *model_number, *model_url, *presentation_url;
    const char *firmware_version, *serial_number;
    const char *const *scopes; /**< NULL-terminated */
    uint32_t metadata_version; /**< default 1 */
    /**
     * InstanceId of AppSequence, which has to grow with each start of the device: else its news
     * look old, and nobody notices that subscriptions are void. 0: seconds since 1970, but more
     * than any device had that was freed from this host. What that cannot know is another process:
     * who starts one within a second of the last, or has a clock that goes back, keeps the number
     * and gives one that is higher.
     */
    uint32_t instance_id;
};

#define WSD_DEVICE_OPTIONS_INIT                                                                    \
    {                                                                                              \
        .size = sizeof(struct wsd_device_options)                                                  \
    }

/** Adds a device to @p host. It is silent until wsd_device_start(). */
WSD_API int wsd_device_new(struct wsd_host *host, const struct wsd_device_options *options,
                           struct wsd_device **ret_device, struct wsd_error *reterr);
/** Its endpoint reference. */
WSD_API const char *wsd_device_endpoint(const struct wsd_device *device);
/** Its transport address as seen on loopback or on the first interface; valid until it is freed. */
WSD_API const char *wsd_device_url(const struct wsd_device *device);
/** Says Hello and begins to answer. */
WSD_API int wsd_device_start(struct wsd_device *device, struct wsd_error *reterr);
/**
 * Says Bye and frees it with its services. Subscribers are told that their subscriptions end
 * (WS-Eventing 3.5): those messages leave while the context runs, and wsd_context_free() waits for
 * them up to half a second. NULL is fine.
 */
WSD_API void wsd_device_free(struct wsd_device *device);

/** One scan job, as the program behind the service sees it. */
struct wsd_scan_job_info {
    int32_t id;
    const char *name, *user_name;
    const struct wsd_scan_final_parameters *parameters; /**< what to scan, all decided */
    void *data;                                         /**< the program's own, set by it */
    /** The ticket as it came. It tells what the parameters do not: whether the size of the original
     *  or the exposure is to be found automatically, vendor elements. */
    const struct wsd_scan_ticket *ticket;
};

/** What a read from the scanner brought; see wsd_scanner.read. */
enum { WSD_SCANNER_END = 0, WSD_SCANNER_WAIT = -1, WSD_SCANNER_FAILED = -2 };

/** Further answers of wsd_scanner.begin and wsd_scanner.next_image. */
enum {
    WSD_SCANNER_LATER = 2, /**< next_image: not known yet, wsd_scan_service_resume() asks again */
    WSD_SCANNER_BUSY = -3, /**< it cannot now and may be able to in a while; the job is aborted */
};

/**
 * The scanner behind a scan service, as functions of the program. They run on the context's loop
 * and must not block for long.
 */
struct wsd_scanner {
    size_t size;
    void *user;
    /** A job is about to deliver its first image. 0, or a negative value to abort the job. */
    int (*begin)(void *user, struct wsd_scan_job_info *job);
    /**
     * The next image begins (of a multi-page format: the file with all of them).
     * @return 1 and the MIME type; 0: no more originals; WSD_SCANNER_LATER: not known yet, no byte
     * of the answer has left and all of these are still possible; negative: failed.
     */
    int (*next_image)(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type);
    /** Bytes of the image: > 0, or WSD_SCANNER_END, _WAIT (wsd_scan_service_resume()), _FAILED. */
    ssize_t (*read)(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size);
    /** How many images of a multi-page file have gone; NULL: counted by next_image. */
    unsigned (*images_done)(void *user, struct wsd_scan_job_info *job);
    /** A job that was begun is over, however it ended: @p state is one of enum
     *  wsd_scan_job_state. Not called for a job whose begin failed or never came. */
    void (*end)(void *user, struct wsd_scan_job_info *job, int state);
    /** Originals waiting in @p source (enum wsd_scan_input_source); -1: unknown. NULL: unknown. */
    int (*originals)(void *user, int source);
    /** ImageInformation/BytesPerLine for a format, 0 for compressed ones. */
    uint32_t (*bytes_per_line)(void *user, const char *format, int color, uint32_t pixels);
    /** True if @p format can carry @p color (enum wsd_scan_color). NULL: all can. */
    bool (*format_has_color)(void *user, const char *format, int color);
};

/** What the scan service says of its scanner. All is copied. */
struct wsd_scan_service_options {
    size_t size;
    const struct wsd_scan_description *description;
    const struct wsd_scan_configuration *configuration; /**< checked against the schema */
    const struct wsd_scan_ticket *default_ticket;       /**< must hold under the configuration */
    const char *hardware_id; /**< pnpx:HardwareId; NULL: made from manufacturer and model */
    struct wsd_scanner scanner;
    uint32_t pickup_timeout; /**< milliseconds to the next RetrieveImage, default 60000 */
    /**
     * A destination of the panel came, went, or (its subscription was renewed) lasts longer; read
     * wsd_scan_service_panel(). From the loop. May be NULL.
     */
    void (*destinations_changed)(void *user);
    void *user;                        /**< for destinations_changed */
    uint32_t max_subscribers;          /**< default 256; more are refused with a fault */
    uint32_t max_subscribers_per_peer; /**< default 16 */
    /** Events may be asked for by one host and go to another, if that is on one of our links. Else
     *  NotifyTo and EndTo must be the subscriber's own address. */
    bool allow_foreign_sinks;
};

#define WSD_SCAN_SERVICE_OPTIONS_INIT                                                              \
    {                                                                                              \
        .size = sizeof(struct wsd_scan_service_options)                                            \
    }

/** Gives @p device a scan service; before wsd_device_start(). Freed with the device. */
WSD_API int wsd_scan_service_new(struct wsd_device *device,
                                 const struct wsd_scan_service_options *options,
                                 struct wsd_scan_service **ret_service, struct wsd_error *reterr);
/** The image of a job that answered WSD_SCANNER_WAIT has more to read. */
WSD_API void wsd_scan_service_resume(struct wsd_scan_service *service, int32_t job_id);
/** Cancels a job as a person at the panel would (JobCanceledAtDevice). */
WSD_API int wsd_scan_service_cancel(struct wsd_scan_service *service, int32_t job_id);
/**
 * A condition arises or changes (WS-Scan 5.4); @p name and @p component are words of the schema.
 * A critical one stops the scanner. @return its id, or a negative code.
 */
WSD_API int wsd_scan_service_condition(struct wsd_scan_service *service, int name, int component,
                                       int severity);
/** It clears. */
WSD_API int wsd_scan_service_clear(struct wsd_scan_service *service, int32_t condition_id);

/** Lamp and mechanics, for ScannerState and its reasons. */
enum wsd_scan_busy {
    WSD_SCAN_READY,
    WSD_SCAN_LAMP_WARMING,
    WSD_SCAN_CALIBRATING,
    WSD_SCAN_ATTENTION, /**< somebody has to see to it, for what WS-Scan has no condition: its
                         *   scanning unit does not answer, say */
};
/** The scanner warms up or calibrates (jobs are refused with ServerErrorNotAcceptingJobs and the
 *  state is Processing with that reason), wants somebody (the same, and the state is Stopped with
 *  AttentionRequired), or is ready again. */
WSD_API int wsd_scan_service_busy(struct wsd_scan_service *service, enum wsd_scan_busy busy);

/**
 * Description, configuration or default ticket changed (NULL: unchanged). All is copied; checked as
 * in wsd_scan_service_new(), and nothing changes when that fails. Subscribers hear of it
 * (ScannerElementsChangeEvent), the metadata version of the device does not change.
 */
WSD_API int wsd_scan_service_change(struct wsd_scan_service *service,
                                    const struct wsd_scan_description *description,
                                    const struct wsd_scan_configuration *configuration,
                                    const struct wsd_scan_ticket *default_ticket,
                                    struct wsd_error *reterr);

/** A line of the panel: "scan to ..." (WS-Scan 12.2). */
struct wsd_scan_panel_entry {
    uint32_t number; /**< from 1, stable while it is there */
    const char *client_display_name;
    const char *client_context;
    const char *address; /**< numeric address of the computer behind it */
    int64_t remaining;   /**< milliseconds that its subscription still lasts */
};

/** Destinations that subscribers have registered, ordered by number; free with wsd_free(). */
struct wsd_scan_panel {
    const struct wsd_scan_panel_entry *entries;
    size_t n_entries;
};
/** What the panel shows now. Fails with WSD_E_NO_MEMORY. */
WSD_API int wsd_scan_service_panel(struct wsd_scan_service *service,
                                   const struct wsd_scan_panel **ret_panel,
                                   struct wsd_error *reterr);
/**
 * A person chose destination @p number and pressed the button: ScanAvailableEvent goes to its
 * subscriber alone, with a fresh ScanIdentifier that one CreateScanJob may use within 5 minutes.
 * @p input_source is one of enum wsd_scan_input_source, 0 to leave it open.
 * @return 0; WSD_E_NOT_FOUND; WSD_E_BUSY while another scan runs; WSD_E_NO_MEMORY.
 */
WSD_API int wsd_scan_service_press(struct wsd_scan_service *service, uint32_t number,
                                   int input_source, struct wsd_error *reterr);

/** What became of events since the service was made. */
struct wsd_event_counters {
    uint64_t sent, delivered; /**< messages put on their way; answered with 2xx */
    uint64_t failed;          /**< given up after all tries */
    /** Not sent because the subscriber's queue was full, or begun when the subscription ended. Of
     * what was sent, all that is none of the three is still under way. */
    uint64_t dropped;
    uint32_t subscribers; /**< now */
    uint64_t ended;       /**< subscriptions ended for failed deliveries */
};
/** Counters of the service's event source. */
WSD_API struct wsd_event_counters wsd_scan_service_events(const struct wsd_scan_service *service);

/** Frees @p device without a word, as when its plug is pulled: no Bye, no SubscriptionEnd. NULL is
 *  fine. */
WSD_API void wsd_device_vanish(struct wsd_device *device);
/**
 * Restarts @p device in place: jobs, subscriptions and conditions are gone without a word, and
 * Hello is said with a new instance id, higher than the last. Not from within a function of the
 * scanner. @return 0; WSD_E_LIMIT when the instance id cannot rise; WSD_E_NO_MEMORY.
 */
WSD_API int wsd_device_reboot(struct wsd_device *device, struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
