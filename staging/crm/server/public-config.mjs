import { buildOf, isEmergency, isOn, numberOf, supabaseOf } from "./settings.mjs";

const RATE = { least: 0, most: 1 };

/**
 * What the page may know, as /config.json gives it. Secrets have no place in here.
 * @param {import("./settings.mjs").Environment} env
 */
export function publicConfig(env) {
  return {
    ...buildOf(env),
    supabase: supabaseOf(env),
    flags: {
      contacts_redesign: isOn(env, "VITE_FEATURE_CONTACTS_REDESIGN"),
      priorities_feed: isOn(env, "VITE_FEATURE_PRIORITIES_FEED"),
      ai_insights: isOn(env, "VITE_FEATURE_AI_INSIGHTS"),
      relationship_scoring: isOn(env, "VITE_FEATURE_RELATIONSHIP_SCORING"),
      bulk_contact_import: isOn(env, "VITE_FEATURE_BULK_CONTACT_IMPORT"),
      incremental_sync: isOn(env, "VITE_FEATURE_INCREMENTAL_SYNC"),
    },
    rollout: {
      percentage: numberOf(env, "VITE_ROLLOUT_PERCENTAGE", { otherwise: 0, least: 0, most: 100 }),
      ab_testing: isOn(env, "VITE_ENABLE_AB_TESTING"),
      ab_test_variant: env.VITE_AB_TEST_VARIANT || "control",
    },
    emergency: {
      disable_contacts: isEmergency(env, "VITE_EMERGENCY_DISABLE_CONTACTS"),
      disable_pulse_sync: isEmergency(env, "VITE_EMERGENCY_DISABLE_PULSE_SYNC"),
      disable_ai_features: isEmergency(env, "VITE_EMERGENCY_DISABLE_AI_FEATURES"),
    },
    pulse: {
      sync_enabled: isOn(env, "VITE_PULSE_SYNC_ENABLED"),
      auto_sync: isOn(env, "VITE_PULSE_ENABLE_AUTO_SYNC"),
      ai_insights: isOn(env, "VITE_PULSE_ENABLE_AI_INSIGHTS"),
      google_sync: isOn(env, "VITE_PULSE_ENABLE_GOOGLE_SYNC"),
      sync_interval_minutes: numberOf(env, "VITE_PULSE_SYNC_INTERVAL_MINUTES", {
        otherwise: 15,
        least: 1,
        most: 1440,
      }),
      cache_minutes: numberOf(env, "VITE_PULSE_CACHE_DURATION_MINUTES", {
        otherwise: 60,
        least: 0,
        most: 1440,
      }),
    },
    sentry: {
      dsn: env.VITE_SENTRY_DSN ?? "",
      environment: env.VITE_SENTRY_ENVIRONMENT || "production",
      traces_sample_rate: numberOf(env, "VITE_SENTRY_TRACES_SAMPLE_RATE", { otherwise: 0, ...RATE }),
      replays_session_sample_rate: numberOf(env, "VITE_SENTRY_REPLAYS_SESSION_SAMPLE_RATE", {
        otherwise: 0,
        ...RATE,
      }),
      replays_error_sample_rate: numberOf(env, "VITE_SENTRY_REPLAYS_ERROR_SAMPLE_RATE", {
        otherwise: 0,
        ...RATE,
      }),
    },
    analytics: {
      enabled: isOn(env, "VITE_ANALYTICS_ENABLED"),
      posthog_key: env.VITE_POSTHOG_API_KEY ?? "",
      posthog_host: (env.VITE_POSTHOG_HOST ?? "").replace(/\/+$/, ""),
    },
    performance: {
      enabled: isOn(env, "VITE_ENABLE_PERFORMANCE_MONITORING"),
      sample_rate: numberOf(env, "VITE_PERFORMANCE_SAMPLE_RATE", { otherwise: 0, ...RATE }),
    },
    time_zone: env.VITE_DEFAULT_TIMEZONE || "UTC",
    log_level: isOn(env, "VITE_DEBUG_MODE") ? "debug" : env.VITE_LOG_LEVEL || "warn",
    debug_pulse_sync: isOn(env, "VITE_DEBUG_PULSE_SYNC"),
  };
}
