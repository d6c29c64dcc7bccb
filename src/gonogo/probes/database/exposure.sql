-- Relations of %(schemas)s, one row each: name, kind, privileges that are open, and why ("" when it
-- is closed to %(role)s). To be read with an empty search_path.
WITH relation AS (
  SELECT c.oid, c.relkind, c.relrowsecurity, format('%%s.%%s', n.nspname, c.relname) AS qualified,
         c.relnamespace, c.reloptions,
         (SELECT array_agg(p ORDER BY p)
          FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
          WHERE has_table_privilege(%(role)s, c.oid, p)
             OR (p <> 'DELETE' AND has_any_column_privilege(%(role)s, c.oid, p))) AS privileges
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY (%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
),
policy AS (
  SELECT p.polrelid, p.polname, e.reads, e.writes,
         CASE p.polcmd WHEN 'r' THEN ARRAY['SELECT'] WHEN 'a' THEN ARRAY['INSERT']
           WHEN 'w' THEN ARRAY['UPDATE'] WHEN 'd' THEN ARRAY['DELETE']
           ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END AS commands
  FROM pg_policy p CROSS JOIN LATERAL (
    SELECT pg_get_expr(p.polqual, p.polrelid) AS reads,
           -- Without a check of its own a policy checks new rows by its USING expression.
           pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid) AS writes
  ) AS e
  WHERE p.polpermissive
    AND EXISTS (SELECT FROM unnest(p.polroles) AS g(role)
                WHERE g.role = 0 OR pg_has_role(%(role)s, g.role, 'USAGE'))
),
open AS (
  SELECT r.oid, r.qualified, r.relkind, privilege,
    CASE
      WHEN NOT has_schema_privilege(%(role)s, r.relnamespace, 'USAGE') THEN NULL
      WHEN (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = %(role)s)
        THEN 'the role passes row security by (BYPASSRLS)'
      WHEN r.relkind = 'v' AND NOT EXISTS (
        SELECT FROM pg_options_to_table(r.reloptions)
        WHERE option_name = 'security_invoker' AND lower(option_value) IN ('true', 'on', '1', 'yes'))
        THEN 'a view that runs with its owner''s rights (no security_invoker)'
      WHEN r.relkind = 'v' THEN NULL
      WHEN r.relkind = 'm' THEN 'a materialized view, which row security does not cover'
      WHEN r.relkind = 'f' THEN 'a foreign table, which row security does not cover'
      WHEN NOT r.relrowsecurity THEN 'row security is off'
      ELSE (SELECT CASE e.rule WHEN 'true' THEN format('policy "%%s" is true for every row', p.polname)
                     ELSE format('policy "%%s" does not ask who it is: %%s', p.polname, e.rule) END
            FROM policy p CROSS JOIN LATERAL (
              SELECT CASE privilege WHEN 'INSERT' THEN p.writes ELSE p.reads END AS rule
            ) AS e
            WHERE p.polrelid = r.oid AND privilege = ANY (p.commands) AND e.rule <> 'false'
              AND regexp_replace(e.rule, %(quoted)s, '', 'g') !~ %(asks_who)s
            ORDER BY p.polname LIMIT 1)
    END AS reason
  FROM relation r CROSS JOIN LATERAL unnest(r.privileges) AS privilege
)
SELECT r.qualified,
       CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
         WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       coalesce(array_agg(o.privilege ORDER BY o.privilege) FILTER (WHERE o.reason IS NOT NULL), '{}'),
       coalesce(string_agg(DISTINCT o.reason, '; ') FILTER (WHERE o.reason IS NOT NULL), '')
FROM relation r LEFT JOIN open o ON o.oid = r.oid
GROUP BY r.qualified, r.relkind
ORDER BY 1
