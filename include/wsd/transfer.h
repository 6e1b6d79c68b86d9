/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Transfer Get and the metadata of DPWS: what a device is and which services it hosts.
 */
#ifndef WSD_TRANSFER_H
#define WSD_TRANSFER_H

#include <wsd/context.h>
#include <wsd/soap.h>
#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Text in one language (fewer than 256 characters). */
struct wsd_lang_text {
    const char *value;
    const char *lang; /**< xml:lang, NULL if absent */
    const struct wsd_any *any;
};

/** wsdp:ThisModel. */
struct wsd_this_model {
    const struct wsd_lang_text *manufacturer;
    size_t n_manufacturer;
    const char *manufacturer_url;
    const struct wsd_lang_text *model_name;
    size_t n_model_name;
    const char *model_number;
    const char *model_url;
    const char *presentation_url;
    const char *device_category; /**< pnpx:DeviceCategory, the first word is the primary one */
    const struct wsd_any *any;
};

/** wsdp:ThisDevice. */
struct wsd_this_device {
    const struct wsd_lang_text *friendly_name;
    size_t n_friendly_name;
    const char *firmware_version;
    const char *serial_number;
    const char *container_id; /**< df:ContainerId */
    const struct wsd_any *any;
};

/** wsdp:Host or wsdp:Hosted: a service and where it is reached. */
struct wsd_hosted {
    const struct wsd_endpoint_reference *endpoints; /**< several: addresses of the same service */
    size_t n_endpoints;
    const struct wsd_qname_list *types;
    const char *service_id;
    const char *compatible_id; /**< pnpx:CompatibleId, a list */
    const char *hardware_id;   /**< pnpx:HardwareId, a list */
    const struct wsd_any *any;
};

/** wsdp:Relationship of type host. */
struct wsd_relationship {
    const char *type;
    const struct wsd_hosted *host;
    const struct wsd_hosted *hosted;
    size_t n_hosted;
    const struct wsd_any *any;
};

/** wsx:MetadataSection. */
struct wsd_metadata_section {
    const char *dialect;
    const char *identifier;
    const struct wsd_this_model *this_model;
    const struct wsd_this_device *this_device;
    const struct wsd_relationship *relationship;
    const char *location; /**< wsx:Location: not followed */
    const struct wsd_any *any;
};

/** wsx:Metadata as it came. */
struct wsd_metadata {
    const struct wsd_metadata_section *sections;
    size_t n_sections;
    const struct wsd_any *any;
};

/** What wsd_get() learns: the sections merged into one answer. */
struct wsd_device_info {
    const char *endpoint; /**< as asked, or as the Host section says; "" if unknown */
    const char *address;  /**< the transport address that answered */
    /* in the wanted language, or the first; "" when the device does not say */
    const char *manufacturer, *manufacturer_url;
    const char *model_name, *model_number, *model_url;
    const char *presentation_url, *device_category;
    const char *friendly_name, *firmware_version, *serial_number;
    const struct wsd_hosted *hosted; /**< all services of all Relationship sections */
    size_t n_hosted;
    /** For each of hosted the address to call, NULL if it has none that may be contacted. */
    const char *const *addresses;
    const struct wsd_metadata *metadata; /**< all of it */
};

/**
 * WS-Transfer Get (DPWS 5): asks the device at @p url for its metadata. Set options.to to the
 * endpoint reference of the device when it is known.
 * @return 0; WSD_E_TIMEOUT, WSD_E_NETWORK, WSD_E_NAME, WSD_E_TLS, WSD_E_HTTP, WSD_E_NOT_SOAP,
 *         WSD_E_EMPTY, WSD_E_XML, WSD_E_SCHEMA, WSD_E_LIMIT, WSD_E_FAULT, WSD_E_REDIRECT,
 *         WSD_E_TRUNCATED, WSD_E_CANCELLED, WSD_E_NO_MEMORY, WSD_E_INVALID.
 */
WSD_API int wsd_get(struct wsd_context *context, const char *url,
                    const struct wsd_request_options *options,
                    const struct wsd_device_info **ret_info, struct wsd_error *reterr);

/** The same, started; the result is a `struct wsd_device_info`. */
WSD_API int wsd_get_start(struct wsd_context *context, const char *url,
                          const struct wsd_request_options *options, wsd_done_fn *done, void *user,
                          struct wsd_call **ret_call, struct wsd_error *reterr);

/** The first service of @p info that has the type {@p ns}@p local, or whose CompatibleId names it;
 *  NULL if there is none. */
WSD_API const struct wsd_hosted *wsd_device_info_find(const struct wsd_device_info *info,
                                                      const char *ns, const char *local);

/**
 * The address of @p hosted, one of info->hosted, to call: the one whose host is that which the
 * metadata came from; else, with a host name (some firmware writes names that nobody resolves),
 * the same place at that host; else one on our own networks. A link-local IPv6 address has the zone
 * of the link on which that host is, or where that cannot be told, is the same place at that host.
 * NULL if the service names only places elsewhere and wsd_context_options.allow_foreign_addresses
 * is not set.
 */
WSD_API const char *wsd_hosted_address(const struct wsd_device_info *info,
                                       const struct wsd_hosted *hosted);

#ifdef __cplusplus
}
#endif
#endif
