/* contract_table.c - the contracts and topics as tables, behind the codecs and the validator.
 *
 * made from sdk/contracts.tbl by build/gen-contracts.py:
 * change the table, then run `make contracts`. */
/* clang-format off */
#include <njord/contract.h>

static const njord_code side_codes[] = {
    { 1, "buy" },
    { 2, "sell" },
    { 0, NULL },
};

static const njord_code type_codes[] = {
    { 1, "market" },
    { 2, "limit" },
    { 0, NULL },
};

static const njord_code tif_codes[] = {
    { 1, "gtc" },
    { 2, "ioc" },
    { 3, "fok" },
    { 0, NULL },
};

static const njord_code liquidity_codes[] = {
    { 1, "maker" },
    { 2, "taker" },
    { 0, NULL },
};

static const njord_code status_codes[] = {
    { 1, "new" },
    { 2, "partially_filled" },
    { 3, "filled" },
    { 4, "canceled" },
    { 5, "rejected" },
    { 6, "expired" },
    { 7, "unknown" },
    { 0, NULL },
};

static const njord_code feed_event_codes[] = {
    { 1, "up" },
    { 2, "down" },
    { 3, "gap" },
    { 4, "stale" },
    { 5, "resync" },
    { 0, NULL },
};

static const njord_code kind_codes[] = {
    { 1, "feed" },
    { 2, "strategy" },
    { 3, "broker" },
    { 4, "allocator" },
    { 5, "host" },
    { 0, NULL },
};

static const njord_code plugin_event_codes[] = {
    { 1, "loaded" },
    { 2, "reloaded" },
    { 3, "reload_refused" },
    { 4, "crashed" },
    { 5, "restarted" },
    { 6, "disabled" },
    { 7, "rolled_back" },
    { 8, "refused" },
    { 9, "enabled" },
    { 10, "hung" },
    { 11, "lagging" },
    { 12, "flooded" },
    { 13, "over_memory" },
    { 14, "denied" },
    { 15, "dead_letter" },
    { 16, "protocol_error" },
    { 17, "unloaded" },
    { 18, "bus_lost" },
    { 19, "bus_back" },
    { 20, "bus_gap" },
    { 21, "journal_failed" },
    { 22, "error" },
    { 0, NULL },
};

static const njord_field trade_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_trade, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "price", 5, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_trade, price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_trade, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "side", 4, NJORD_FIELD_ENUM, 0, offsetof(njord_trade, side), 1, side_codes, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "trade_id", 8, NJORD_FIELD_STR, 0, offsetof(njord_trade, trade_id), 64, NULL, NJORD_FORM_FREE, 0 },
    { "venue", 5, NJORD_FIELD_STR, 0, offsetof(njord_trade, venue), 16, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field book_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_book, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "bids", 4, NJORD_FIELD_LEVELS, NJORD_FIELD_REQUIRED, offsetof(njord_book, bids), 8, NULL, NJORD_FORM_FREE, 0 },
    { "asks", 4, NJORD_FIELD_LEVELS, NJORD_FIELD_REQUIRED, offsetof(njord_book, asks), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "checksum", 8, NJORD_FIELD_I64, 0, offsetof(njord_book, checksum), 8, NULL, NJORD_FORM_FREE, 0 },
    { "venue", 5, NJORD_FIELD_STR, 0, offsetof(njord_book, venue), 16, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field depth_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_depth, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "bids", 4, NJORD_FIELD_LEVELS, NJORD_FIELD_REQUIRED, offsetof(njord_depth, bids), 8, NULL, NJORD_FORM_FREE, 0 },
    { "asks", 4, NJORD_FIELD_LEVELS, NJORD_FIELD_REQUIRED, offsetof(njord_depth, asks), 8, NULL, NJORD_FORM_FREE, 0 },
    { "snapshot", 8, NJORD_FIELD_BOOL, NJORD_FIELD_REQUIRED, offsetof(njord_depth, snapshot), 1, NULL, NJORD_FORM_FREE, 0 },
    { "first_id", 8, NJORD_FIELD_I64, 0, offsetof(njord_depth, first_id), 8, NULL, NJORD_FORM_FREE, 0 },
    { "last_id", 7, NJORD_FIELD_I64, 0, offsetof(njord_depth, last_id), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "venue", 5, NJORD_FIELD_STR, 0, offsetof(njord_depth, venue), 16, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field feed_status_fields[] = {
    { "venue", 5, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_feed_status, venue), 16, NULL, NJORD_FORM_FREE, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_feed_status, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "event", 5, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_feed_status, event), 1, feed_event_codes, NJORD_FORM_FREE, 0 },
    { "from_id", 7, NJORD_FIELD_I64, 0, offsetof(njord_feed_status, from_id), 8, NULL, NJORD_FORM_FREE, 0 },
    { "to_id", 5, NJORD_FIELD_I64, 0, offsetof(njord_feed_status, to_id), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field instrument_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_instrument, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "base", 4, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_instrument, base), 16, NULL, NJORD_FORM_FREE, 0 },
    { "quote", 5, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_instrument, quote), 16, NULL, NJORD_FORM_FREE, 0 },
    { "tick", 4, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_instrument, tick), 8, NULL, NJORD_FORM_FREE, 0 },
    { "step", 4, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_instrument, step), 8, NULL, NJORD_FORM_FREE, 0 },
    { "min_qty", 7, NJORD_FIELD_F64, 0, offsetof(njord_instrument, min_qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "max_qty", 7, NJORD_FIELD_F64, 0, offsetof(njord_instrument, max_qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "min_notional", 12, NJORD_FIELD_F64, 0, offsetof(njord_instrument, min_notional), 8, NULL, NJORD_FORM_FREE, 0 },
    { "status", 6, NJORD_FIELD_STR, 0, offsetof(njord_instrument, status), 16, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field ticker_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_ticker, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "last", 4, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_ticker, last), 8, NULL, NJORD_FORM_FREE, 0 },
    { "bid", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_ticker, bid), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ask", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_ticker, ask), 8, NULL, NJORD_FORM_FREE, 0 },
    { "volume", 6, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_ticker, volume), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "venue", 5, NJORD_FIELD_STR, 0, offsetof(njord_ticker, venue), 16, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field bar_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_bar, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "timeframe", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_bar, timeframe), 8, NULL, NJORD_FORM_TIMEFRAME, 0 },
    { "ts_open", 7, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED, offsetof(njord_bar, ts_open), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_close", 8, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_bar, ts_close), 8, NULL, NJORD_FORM_FREE, 0 },
    { "open", 4, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_bar, open), 8, NULL, NJORD_FORM_FREE, 0 },
    { "high", 4, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_bar, high), 8, NULL, NJORD_FORM_FREE, 0 },
    { "low", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_bar, low), 8, NULL, NJORD_FORM_FREE, 0 },
    { "close", 5, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_bar, close), 8, NULL, NJORD_FORM_FREE, 0 },
    { "volume", 6, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_bar, volume), 8, NULL, NJORD_FORM_FREE, 0 },
    { "trades", 6, NJORD_FIELD_I64, 0, offsetof(njord_bar, trades), 8, NULL, NJORD_FORM_FREE, 0 },
    { "quote_volume", 12, NJORD_FIELD_F64, 0, offsetof(njord_bar, quote_volume), 8, NULL, NJORD_FORM_FREE, 0 },
    { "taker_volume", 12, NJORD_FIELD_F64, 0, offsetof(njord_bar, taker_volume), 8, NULL, NJORD_FORM_FREE, 0 },
    { "partial", 7, NJORD_FIELD_BOOL, 0, offsetof(njord_bar, partial), 1, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field intent_fields[] = {
    { "intent_id", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_intent, intent_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_intent, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_intent, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "side", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_intent, side), 1, side_codes, NJORD_FORM_FREE, 0 },
    { "type", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_intent, type), 1, type_codes, NJORD_FORM_FREE, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_intent, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "limit_price", 11, NJORD_FIELD_F64, 0, offsetof(njord_intent, limit_price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "tif", 3, NJORD_FIELD_ENUM, 0, offsetof(njord_intent, tif), 1, tif_codes, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "meta", 4, NJORD_FIELD_STRMAP, 0, offsetof(njord_intent, meta), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field cancel_fields[] = {
    { "intent_id", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_cancel, intent_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_cancel, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "reason", 6, NJORD_FIELD_STR, 0, offsetof(njord_cancel, reason), 64, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field decision_fields[] = {
    { "intent_id", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_decision, intent_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_decision, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "allowed", 7, NJORD_FIELD_BOOL, NJORD_FIELD_REQUIRED, offsetof(njord_decision, allowed), 1, NULL, NJORD_FORM_FREE, 0 },
    { "reason", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_decision, reason), 64, NULL, NJORD_FORM_FREE, 0 },
    { "caps", 4, NJORD_FIELD_REALMAP, 0, offsetof(njord_decision, caps), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field order_event_fields[] = {
    { "intent_id", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, intent_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "venue", 5, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, venue), 16, NULL, NJORD_FORM_FREE, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "side", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, side), 1, side_codes, NJORD_FORM_FREE, 0 },
    { "type", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, type), 1, type_codes, NJORD_FORM_FREE, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_order_event, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "limit_price", 11, NJORD_FIELD_F64, 0, offsetof(njord_order_event, limit_price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "tif", 3, NJORD_FIELD_ENUM, 0, offsetof(njord_order_event, tif), 1, tif_codes, NJORD_FORM_FREE, 0 },
    { "ts_accepted_ns", 14, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "meta", 4, NJORD_FIELD_STRMAP, 0, offsetof(njord_order_event, meta), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field fill_fields[] = {
    { "fill_id", 7, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_fill, fill_id), 128, NULL, NJORD_FORM_FREE, 0 },
    { "order_id", 8, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_fill, order_id), 64, NULL, NJORD_FORM_FREE, 0 },
    { "intent_id", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_fill, intent_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_fill, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_fill, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "side", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_fill, side), 1, side_codes, NJORD_FORM_FREE, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_fill, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "price", 5, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_fill, price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "fee", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_fill, fee), 8, NULL, NJORD_FORM_FREE, 0 },
    { "fee_asset", 9, NJORD_FIELD_STR, 0, offsetof(njord_fill, fee_asset), 16, NULL, NJORD_FORM_FREE, 0 },
    { "liquidity", 9, NJORD_FIELD_ENUM, 0, offsetof(njord_fill, liquidity), 1, liquidity_codes, NJORD_FORM_FREE, 0 },
    { "ts_fill_ns", 10, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "meta", 4, NJORD_FIELD_STRMAP, 0, offsetof(njord_fill, meta), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field position_snapshot_fields[] = {
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_position_snapshot, strategy_id), 48, NULL, NJORD_FORM_ID_OR_ALL, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_position_snapshot, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_position_snapshot, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "avg_price", 9, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_position_snapshot, avg_price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "realized_pnl", 12, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_position_snapshot, realized_pnl), 8, NULL, NJORD_FORM_FREE, 0 },
    { "unrealized_pnl", 14, NJORD_FIELD_F64, 0, offsetof(njord_position_snapshot, unrealized_pnl), 8, NULL, NJORD_FORM_FREE, 0 },
    { "fees_paid", 9, NJORD_FIELD_F64, 0, offsetof(njord_position_snapshot, fees_paid), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field broker_order_req_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_req, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "side", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_req, side), 1, side_codes, NJORD_FORM_FREE, 0 },
    { "type", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_req, type), 1, type_codes, NJORD_FORM_FREE, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_req, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "limit_price", 11, NJORD_FIELD_F64, 0, offsetof(njord_broker_order_req, limit_price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "tif", 3, NJORD_FIELD_ENUM, 0, offsetof(njord_broker_order_req, tif), 1, tif_codes, NJORD_FORM_FREE, 0 },
    { "client_order_id", 15, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_req, client_order_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "meta", 4, NJORD_FIELD_STRMAP, 0, offsetof(njord_broker_order_req, meta), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field broker_order_ack_fields[] = {
    { "client_order_id", 15, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_ack, client_order_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "exchange_order_id", 17, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_ack, exchange_order_id), 64, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field broker_order_update_fields[] = {
    { "client_order_id", 15, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_update, client_order_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "exchange_order_id", 17, NJORD_FIELD_STR, 0, offsetof(njord_broker_order_update, exchange_order_id), 64, NULL, NJORD_FORM_FREE, 0 },
    { "symbol", 6, NJORD_FIELD_STR, 0, offsetof(njord_broker_order_update, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "status", 6, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_update, status), 1, status_codes, NJORD_FORM_FREE, 0 },
    { "filled_qty", 10, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_broker_order_update, filled_qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "avg_price", 9, NJORD_FIELD_F64, 0, offsetof(njord_broker_order_update, avg_price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "reason", 6, NJORD_FIELD_STR, 0, offsetof(njord_broker_order_update, reason), 64, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "raw", 3, NJORD_FIELD_TEXT, 0, offsetof(njord_broker_order_update, raw), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field broker_fill_fields[] = {
    { "client_order_id", 15, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, client_order_id), 40, NULL, NJORD_FORM_INTENT_ID, 0 },
    { "exchange_order_id", 17, NJORD_FIELD_STR, 0, offsetof(njord_broker_fill, exchange_order_id), 64, NULL, NJORD_FORM_FREE, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, symbol), 32, NULL, NJORD_FORM_SYMBOL, 0 },
    { "trade_id", 8, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, trade_id), 64, NULL, NJORD_FORM_FREE, 0 },
    { "side", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, side), 1, side_codes, NJORD_FORM_FREE, 0 },
    { "qty", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, qty), 8, NULL, NJORD_FORM_FREE, 0 },
    { "price", 5, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, price), 8, NULL, NJORD_FORM_FREE, 0 },
    { "fee", 3, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, fee), 8, NULL, NJORD_FORM_FREE, 0 },
    { "fee_asset", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_broker_fill, fee_asset), 16, NULL, NJORD_FORM_FREE, 0 },
    { "liquidity", 9, NJORD_FIELD_ENUM, 0, offsetof(njord_broker_fill, liquidity), 1, liquidity_codes, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field balance_snapshot_fields[] = {
    { "asset", 5, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_balance_snapshot, asset), 16, NULL, NJORD_FORM_FREE, 0 },
    { "free", 4, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_balance_snapshot, free), 8, NULL, NJORD_FORM_FREE, 0 },
    { "locked", 6, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_balance_snapshot, locked), 8, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field strategy_allocation_fields[] = {
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_strategy_allocation, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "target_weight", 13, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_strategy_allocation, target_weight), 8, NULL, NJORD_FORM_FREE, 0 },
    { "min_capital", 11, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_strategy_allocation, min_capital), 8, NULL, NJORD_FORM_FREE, 0 },
    { "max_capital", 11, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_strategy_allocation, max_capital), 8, NULL, NJORD_FORM_FREE, 0 },
    { "risk_multiplier", 15, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_strategy_allocation, risk_multiplier), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field portfolio_snapshot_fields[] = {
    { "portfolio_id", 12, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_portfolio_snapshot, portfolio_id), 48, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "total_equity", 12, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_portfolio_snapshot, total_equity), 8, NULL, NJORD_FORM_FREE, 0 },
    { "strategy_allocations", 20, NJORD_FIELD_REALMAP, NJORD_FIELD_REQUIRED, offsetof(njord_portfolio_snapshot, strategy_allocations), 8, NULL, NJORD_FORM_FREE, 0 },
    { "drift_from_target", 17, NJORD_FIELD_REALMAP, NJORD_FIELD_REQUIRED, offsetof(njord_portfolio_snapshot, drift_from_target), 8, NULL, NJORD_FORM_FREE, 0 },
    { "needs_rebalance", 15, NJORD_FIELD_BOOL, NJORD_FIELD_REQUIRED, offsetof(njord_portfolio_snapshot, needs_rebalance), 1, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field rebalance_plan_fields[] = {
    { "portfolio_id", 12, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_rebalance_plan, portfolio_id), 48, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
    { "trades", 6, NJORD_FIELD_INTENTS, NJORD_FIELD_REQUIRED, offsetof(njord_rebalance_plan, trades), 8, NULL, NJORD_FORM_FREE, 0 },
    { "expected_drift_reduction", 24, NJORD_FIELD_REALMAP, NJORD_FIELD_REQUIRED, offsetof(njord_rebalance_plan, expected_drift_reduction), 8, NULL, NJORD_FORM_FREE, 0 },
    { "estimated_costs", 15, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_rebalance_plan, estimated_costs), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field backtest_config_fields[] = {
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, symbol), 1024, NULL, NJORD_FORM_SYMBOLS, 0 },
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "start_ts", 8, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, start_ts), 8, NULL, NJORD_FORM_FREE, 0 },
    { "end_ts", 6, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, end_ts), 8, NULL, NJORD_FORM_FREE, 0 },
    { "initial_capital", 15, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, initial_capital), 8, NULL, NJORD_FORM_FREE, 0 },
    { "commission_rate", 15, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, commission_rate), 8, NULL, NJORD_FORM_FREE, 0 },
    { "slippage_bps", 12, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_config, slippage_bps), 8, NULL, NJORD_FORM_FREE, 0 },
    { "timeframe", 9, NJORD_FIELD_STR, 0, offsetof(njord_backtest_config, timeframe), 8, NULL, NJORD_FORM_TIMEFRAME, 0 },
    { "params", 6, NJORD_FIELD_ANY, 0, offsetof(njord_backtest_config, params), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field backtest_result_fields[] = {
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "symbol", 6, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, symbol), 1024, NULL, NJORD_FORM_SYMBOLS, 0 },
    { "start_ts", 8, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, start_ts), 8, NULL, NJORD_FORM_FREE, 0 },
    { "end_ts", 6, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, end_ts), 8, NULL, NJORD_FORM_FREE, 0 },
    { "initial_capital", 15, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, initial_capital), 8, NULL, NJORD_FORM_FREE, 0 },
    { "final_capital", 13, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, final_capital), 8, NULL, NJORD_FORM_FREE, 0 },
    { "total_return_pct", 16, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, total_return_pct), 8, NULL, NJORD_FORM_FREE, 0 },
    { "sharpe_ratio", 12, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, sharpe_ratio), 8, NULL, NJORD_FORM_FREE, 0 },
    { "max_drawdown_pct", 16, NJORD_FIELD_F64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, max_drawdown_pct), 8, NULL, NJORD_FORM_FREE, 0 },
    { "num_trades", 10, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, num_trades), 8, NULL, NJORD_FORM_FREE, 0 },
    { "win_rate", 8, NJORD_FIELD_F64, 0, offsetof(njord_backtest_result, win_rate), 8, NULL, NJORD_FORM_FREE, 0 },
    { "profit_factor", 13, NJORD_FIELD_F64, 0, offsetof(njord_backtest_result, profit_factor), 8, NULL, NJORD_FORM_FREE, 0 },
    { "equity_curve", 12, NJORD_FIELD_CURVE, NJORD_FIELD_REQUIRED, offsetof(njord_backtest_result, equity_curve), 8, NULL, NJORD_FORM_FREE, 0 },
    { "metrics", 7, NJORD_FIELD_ANY, 0, offsetof(njord_backtest_result, metrics), 8, NULL, NJORD_FORM_FREE, 0 },
    { "config", 6, NJORD_FIELD_ANY, 0, offsetof(njord_backtest_result, config), 8, NULL, NJORD_FORM_FREE, 0 },
    { "fills", 5, NJORD_FIELD_ANY, 0, offsetof(njord_backtest_result, fills), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field signal_fields[] = {
    { "strategy_id", 11, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_signal, strategy_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "name", 4, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_signal, name), 64, NULL, NJORD_FORM_FREE, 0 },
    { "values", 6, NJORD_FIELD_REALMAP, NJORD_FIELD_REQUIRED, offsetof(njord_signal, values), 8, NULL, NJORD_FORM_FREE, 0 },
    { "text", 4, NJORD_FIELD_STR, 0, offsetof(njord_signal, text), 256, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

static const njord_field plugin_event_fields[] = {
    { "plugin_id", 9, NJORD_FIELD_STR, NJORD_FIELD_REQUIRED, offsetof(njord_plugin_event, plugin_id), 48, NULL, NJORD_FORM_ID, 0 },
    { "kind", 4, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_plugin_event, kind), 1, kind_codes, NJORD_FORM_FREE, 0 },
    { "event", 5, NJORD_FIELD_ENUM, NJORD_FIELD_REQUIRED, offsetof(njord_plugin_event, event), 1, plugin_event_codes, NJORD_FORM_FREE, 0 },
    { "version", 7, NJORD_FIELD_STR, 0, offsetof(njord_plugin_event, version), 32, NULL, NJORD_FORM_FREE, 0 },
    { "detail", 6, NJORD_FIELD_STR, 0, offsetof(njord_plugin_event, detail), 256, NULL, NJORD_FORM_FREE, 0 },
    { "ts_ns", 5, NJORD_FIELD_I64, NJORD_FIELD_REQUIRED | NJORD_FIELD_TIME, offsetof(njord_event, ts_ns), 8, NULL, NJORD_FORM_FREE, 0 },
};

const njord_contract njord_contracts[NJORD_EV_COUNT] = {
    [NJORD_EV_TRADE] = { "Trade", trade_fields, 7, NJORD_EV_TRADE, sizeof(njord_trade), 0, offsetof(njord_trade, symbol), 0, offsetof(njord_event, ts_ns), 0x17u },
    [NJORD_EV_BOOK] = { "Book", book_fields, 6, NJORD_EV_BOOK, sizeof(njord_book), 0, offsetof(njord_book, symbol), 0, offsetof(njord_event, ts_ns), 0xfu },
    [NJORD_EV_DEPTH] = { "Depth", depth_fields, 8, NJORD_EV_DEPTH, sizeof(njord_depth), 0, offsetof(njord_depth, symbol), 0, offsetof(njord_event, ts_ns), 0x4fu },
    [NJORD_EV_FEED_STATUS] = { "FeedStatus", feed_status_fields, 6, NJORD_EV_FEED_STATUS, sizeof(njord_feed_status), 0, offsetof(njord_feed_status, symbol), 0, offsetof(njord_event, ts_ns), 0x27u },
    [NJORD_EV_INSTRUMENT] = { "Instrument", instrument_fields, 9, NJORD_EV_INSTRUMENT, sizeof(njord_instrument), 0, offsetof(njord_instrument, symbol), 0, 0, 0x1fu },
    [NJORD_EV_TICKER] = { "Ticker", ticker_fields, 7, NJORD_EV_TICKER, sizeof(njord_ticker), 0, offsetof(njord_ticker, symbol), 0, offsetof(njord_event, ts_ns), 0x3fu },
    [NJORD_EV_BAR] = { "OHLCVBar", bar_fields, 13, NJORD_EV_BAR, sizeof(njord_bar), 0, offsetof(njord_bar, symbol), 0, offsetof(njord_bar, ts_close), 0x1ffu },
    [NJORD_EV_INTENT] = { "OrderIntent", intent_fields, 10, NJORD_EV_INTENT, sizeof(njord_intent), 1, offsetof(njord_intent, symbol), offsetof(njord_intent, strategy_id), offsetof(njord_event, ts_ns), 0x13fu },
    [NJORD_EV_CANCEL] = { "OrderCancel", cancel_fields, 4, NJORD_EV_CANCEL, sizeof(njord_cancel), 1, 0, offsetof(njord_cancel, strategy_id), offsetof(njord_event, ts_ns), 0x7u },
    [NJORD_EV_DECISION] = { "RiskDecision", decision_fields, 6, NJORD_EV_DECISION, sizeof(njord_decision), 0, 0, offsetof(njord_decision, strategy_id), offsetof(njord_event, ts_ns), 0x2fu },
    [NJORD_EV_ORDER_EVENT] = { "OrderEvent", order_event_fields, 11, NJORD_EV_ORDER_EVENT, sizeof(njord_order_event), 1, offsetof(njord_order_event, symbol), offsetof(njord_order_event, strategy_id), offsetof(njord_event, ts_ns), 0x27fu },
    [NJORD_EV_FILL] = { "FillEvent", fill_fields, 13, NJORD_EV_FILL, sizeof(njord_fill), 0, offsetof(njord_fill, symbol), offsetof(njord_fill, strategy_id), offsetof(njord_event, ts_ns), 0x9ffu },
    [NJORD_EV_POSITION_SNAPSHOT] = { "PositionSnapshot", position_snapshot_fields, 8, NJORD_EV_POSITION_SNAPSHOT, sizeof(njord_position_snapshot), 0, offsetof(njord_position_snapshot, symbol), offsetof(njord_position_snapshot, strategy_id), offsetof(njord_event, ts_ns), 0x9fu },
    [NJORD_EV_BROKER_ORDER_REQ] = { "BrokerOrderReq", broker_order_req_fields, 8, NJORD_EV_BROKER_ORDER_REQ, sizeof(njord_broker_order_req), 1, offsetof(njord_broker_order_req, symbol), 0, 0, 0x4fu },
    [NJORD_EV_BROKER_ORDER_ACK] = { "BrokerOrderAck", broker_order_ack_fields, 3, NJORD_EV_BROKER_ORDER_ACK, sizeof(njord_broker_order_ack), 0, 0, 0, offsetof(njord_event, ts_ns), 0x7u },
    [NJORD_EV_BROKER_ORDER_UPDATE] = { "BrokerOrderUpdate", broker_order_update_fields, 9, NJORD_EV_BROKER_ORDER_UPDATE, sizeof(njord_broker_order_update), 0, offsetof(njord_broker_order_update, symbol), 0, offsetof(njord_event, ts_ns), 0x99u },
    [NJORD_EV_BROKER_FILL] = { "BrokerFill", broker_fill_fields, 11, NJORD_EV_BROKER_FILL, sizeof(njord_broker_fill), 0, offsetof(njord_broker_fill, symbol), 0, offsetof(njord_event, ts_ns), 0x5fdu },
    [NJORD_EV_BALANCE_SNAPSHOT] = { "BalanceSnapshot", balance_snapshot_fields, 4, NJORD_EV_BALANCE_SNAPSHOT, sizeof(njord_balance_snapshot), 0, 0, 0, offsetof(njord_event, ts_ns), 0xfu },
    [NJORD_EV_STRATEGY_ALLOCATION] = { "StrategyAllocation", strategy_allocation_fields, 5, NJORD_EV_STRATEGY_ALLOCATION, sizeof(njord_strategy_allocation), 0, 0, offsetof(njord_strategy_allocation, strategy_id), 0, 0x1fu },
    [NJORD_EV_PORTFOLIO_SNAPSHOT] = { "PortfolioSnapshot", portfolio_snapshot_fields, 6, NJORD_EV_PORTFOLIO_SNAPSHOT, sizeof(njord_portfolio_snapshot), 0, 0, 0, offsetof(njord_event, ts_ns), 0x3fu },
    [NJORD_EV_REBALANCE_PLAN] = { "RebalancePlan", rebalance_plan_fields, 5, NJORD_EV_REBALANCE_PLAN, sizeof(njord_rebalance_plan), 0, 0, 0, offsetof(njord_event, ts_ns), 0x1fu },
    [NJORD_EV_BACKTEST_CONFIG] = { "BacktestConfig", backtest_config_fields, 9, NJORD_EV_BACKTEST_CONFIG, sizeof(njord_backtest_config), 0, 0, offsetof(njord_backtest_config, strategy_id), 0, 0x7fu },
    [NJORD_EV_BACKTEST_RESULT] = { "BacktestResult", backtest_result_fields, 16, NJORD_EV_BACKTEST_RESULT, sizeof(njord_backtest_result), 0, 0, offsetof(njord_backtest_result, strategy_id), 0, 0x13ffu },
    [NJORD_EV_SIGNAL] = { "Signal", signal_fields, 5, NJORD_EV_SIGNAL, sizeof(njord_signal), 0, 0, offsetof(njord_signal, strategy_id), offsetof(njord_event, ts_ns), 0x17u },
    [NJORD_EV_PLUGIN_EVENT] = { "PluginEvent", plugin_event_fields, 6, NJORD_EV_PLUGIN_EVENT, sizeof(njord_plugin_event), 0, 0, 0, offsetof(njord_event, ts_ns), 0x27u },
};

const njord_topic njord_topics[] = {
    { "md.trades.{symbol}", "md.trades.{SYM}", NJORD_EV_TRADE },
    { "md.depth.{symbol}", "md.depth.{SYM}", NJORD_EV_DEPTH },
    { "md.ticker.{symbol}", "md.ticker.{SYM}", NJORD_EV_TICKER },
    { "md.book.{symbol}", "md.book.{SYM}", NJORD_EV_BOOK },
    { "md.status.{symbol}", "md.status.{SYM}", NJORD_EV_FEED_STATUS },
    { "md.instrument.{symbol}", "md.instrument.{SYM}", NJORD_EV_INSTRUMENT },
    { "md.ohlcv.{timeframe}.{symbol}", "ohlcv.{tf}.{SYM}", NJORD_EV_BAR },
    { "strat.intent", "orders", NJORD_EV_INTENT },
    { "strat.cancel", "orders", NJORD_EV_CANCEL },
    { "risk.decisions", "risk.decisions", NJORD_EV_DECISION },
    { "orders.accepted", "orders", NJORD_EV_ORDER_EVENT },
    { "orders.cancel", "orders", NJORD_EV_CANCEL },
    { "fills.new", "fills.{SYM}", NJORD_EV_FILL },
    { "positions.snapshot", "positions.{SYM}", NJORD_EV_POSITION_SNAPSHOT },
    { "broker.echo", "broker.orders", NJORD_EV_BROKER_ORDER_REQ },
    { "broker.acks", "orders", NJORD_EV_BROKER_ORDER_ACK },
    { "broker.orders", "broker.orders", NJORD_EV_BROKER_ORDER_UPDATE },
    { "broker.fills", "orders", NJORD_EV_BROKER_FILL },
    { "broker.balances", "", NJORD_EV_BALANCE_SNAPSHOT },
    { "portfolio.snapshot", "portfolio", NJORD_EV_PORTFOLIO_SNAPSHOT },
    { "portfolio.rebalance", "portfolio", NJORD_EV_REBALANCE_PLAN },
    { "sig.{strategy_id}", "", NJORD_EV_SIGNAL },
    { "host.plugins", "host.plugins", NJORD_EV_PLUGIN_EVENT },
    { NULL, NULL, 0 },
};
