/* SPDX-License-Identifier: MIT */
/*
 * The tables of DPWS metadata (DPWS 5, PnP-X).
 *
 * Lengths are not enforced on the way in: a name of 300 characters is no reason to lose a device.
 * The device's side keeps them (Windows drops metadata that breaks them, device-quirks M4).
 */
#include "transfer/metadata.h"

#include "soap/envelope.h"

#define T struct wsd_lang_text
static const struct wsd__row text_rows[] = {
    OPT(lang, NS_XML, "lang", ROW_ATTRIBUTE),
    TEXT(value, 0),
};
#undef T
const struct wsd_type wsd__type_lang_text =
    WSD__TYPE(struct wsd_lang_text, "Text", text_rows, OPEN);

#define T struct wsd_this_model
static const struct wsd__row this_model_rows[] = {
    LIST_STRUCT(manufacturer, NS_WSDP, "Manufacturer", 0, wsd_lang_text, wsd__type_lang_text),
    OPT(manufacturer_url, NS_WSDP, "ManufacturerUrl", 0),
    LIST_STRUCT(model_name, NS_WSDP, "ModelName", 0, wsd_lang_text, wsd__type_lang_text),
    OPT(model_number, NS_WSDP, "ModelNumber", 0),
    OPT(model_url, NS_WSDP, "ModelUrl", 0),
    OPT(presentation_url, NS_WSDP, "PresentationUrl", 0),
    OPT(device_category, NS_PNPX, "DeviceCategory", 0),
};
#undef T
const struct wsd_type wsd__type_this_model =
    WSD__TYPE(struct wsd_this_model, "ThisModel", this_model_rows, OPEN);

#define T struct wsd_this_device
static const struct wsd__row this_device_rows[] = {
    LIST_STRUCT(friendly_name, NS_WSDP, "FriendlyName", 0, wsd_lang_text, wsd__type_lang_text),
    OPT(firmware_version, NS_WSDP, "FirmwareVersion", 0),
    OPT(serial_number, NS_WSDP, "SerialNumber", 0),
    OPT(container_id, NS_DF, "ContainerId", 0),
};
#undef T
const struct wsd_type wsd__type_this_device =
    WSD__TYPE(struct wsd_this_device, "ThisDevice", this_device_rows, OPEN);

#define T struct wsd_hosted
static const struct wsd__row hosted_rows[] = {
    LIST_STRUCT(endpoints, NS_WSA, "EndpointReference", 0, wsd_endpoint_reference,
                wsd__type_endpoint_reference),
    OPT(types, NS_WSDP, "Types", 0),
    OPT(service_id, NS_WSDP, "ServiceId", 0),
    OPT(compatible_id, NS_PNPX, "CompatibleId", 0),
    OPT(hardware_id, NS_PNPX, "HardwareId", 0),
};
#undef T
const struct wsd_type wsd__type_hosted = WSD__TYPE(struct wsd_hosted, "Hosted", hosted_rows, OPEN);

#define T struct wsd_relationship
static const struct wsd__row relationship_rows[] = {
    OPT(type, NS_NONE, "Type", ROW_ATTRIBUTE),
    OPT_STRUCT(host, NS_WSDP, "Host", 0, wsd_hosted, wsd__type_hosted),
    LIST_STRUCT(hosted, NS_WSDP, "Hosted", 0, wsd_hosted, wsd__type_hosted),
};
#undef T
const struct wsd_type wsd__type_relationship =
    WSD__TYPE(struct wsd_relationship, "Relationship", relationship_rows, OPEN);

#define T struct wsd_metadata_section
static const struct wsd__row section_rows[] = {
    OPT(dialect, NS_NONE, "Dialect", ROW_ATTRIBUTE),
    OPT(identifier, NS_NONE, "Identifier", ROW_ATTRIBUTE),
    OPT_STRUCT(this_model, NS_WSDP, "ThisModel", 0, wsd_this_model, wsd__type_this_model),
    OPT_STRUCT(this_device, NS_WSDP, "ThisDevice", 0, wsd_this_device, wsd__type_this_device),
    OPT_STRUCT(relationship, NS_WSDP, "Relationship", 0, wsd_relationship, wsd__type_relationship),
    OPT(location, NS_WSX, "Location", 0),
};
#undef T
static const struct wsd_type type_section =
    WSD__TYPE(struct wsd_metadata_section, "MetadataSection", section_rows, OPEN);

#define T struct wsd_metadata
static const struct wsd__row metadata_rows[] = {
    LIST_STRUCT(sections, NS_WSX, "MetadataSection", 0, wsd_metadata_section, type_section),
};
#undef T
const struct wsd_type wsd__type_metadata =
    WSD__TYPE(struct wsd_metadata, "Metadata", metadata_rows, OPEN);

#define T struct wsd_transfer_body
static const struct wsd__row body_rows[] = {
    WSD__FAULT_ROW,
    OPT_STRUCT(metadata, NS_WSX, "Metadata", 0, wsd_metadata, wsd__type_metadata),
};
#undef T
const struct wsd_type wsd__type_transfer_body =
    WSD__TYPE(struct wsd_transfer_body, "Body", body_rows, OPEN);
