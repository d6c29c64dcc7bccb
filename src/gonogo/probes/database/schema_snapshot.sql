-- Every object of the schemas given (%(schemas)s), one row each: kind, qualified name, attributes.
-- Runs with an empty search_path, so that every name in a definition is qualified. Members of
-- extensions are left out: they belong to the extension. Names are cast to text: a union of type
-- name would cut them at 63 bytes.
WITH wanted AS (
  SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY (%(schemas)s)
),
member AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
relation AS (
  SELECT c.*, n.nspname, format('%%s.%%s', n.nspname, c.relname) AS qualified
  FROM pg_class c JOIN wanted n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
),
routine AS (
  SELECT p.*, n.nspname,
         format('%%s.%%s(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
           AS qualified
  FROM pg_proc p JOIN wanted n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('f', 'p', 'w')
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
)
SELECT 'schema', nspname::text, jsonb_build_object('owner', pg_get_userbyid(nspowner))
FROM wanted
UNION ALL
SELECT 'table', qualified, jsonb_build_object(
  'kind', CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
          ELSE 'foreign table' END,
  'persistence', relpersistence::text,
  'row_security', relrowsecurity,
  'force_row_security', relforcerowsecurity,
  'replica_identity', relreplident::text,
  'partition_key', CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END,
  'partition_bound', pg_get_expr(relpartbound, oid),
  'inherits', (SELECT to_jsonb(array_agg(i.inhparent::regclass::text ORDER BY i.inhseqno))
               FROM pg_inherits i WHERE i.inhrelid = relation.oid),
  'options', to_jsonb(reloptions),
  'owner', pg_get_userbyid(relowner))
FROM relation WHERE relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'column', format('%%s.%%s', r.qualified, a.attname), jsonb_build_object(
  'type', format_type(a.atttypid, a.atttypmod),
  'not_null', a.attnotnull,
  'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
  'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
  'generated_kind', nullif(a.attgenerated::text, ''),
  'identity', nullif(a.attidentity::text, ''),
  'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text
               END,
  'storage', a.attstorage::text,
  'grants', (SELECT jsonb_agg(format('%%s to %%s', x.privilege_type,
                                     CASE x.grantee WHEN 0 THEN 'PUBLIC'
                                     ELSE pg_get_userbyid(x.grantee) END)
                              ORDER BY x.privilege_type, x.grantee)
             FROM aclexplode(a.attacl) x))
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
-- NOT NULL is an attribute of the column; servers from 18 on list it here too.
SELECT 'constraint', format('%%s.%%s', coalesce(r.qualified, o.contypid::regtype::text), o.conname),
  jsonb_build_object(
    'definition', pg_get_constraintdef(o.oid),
    'validated', o.convalidated,
    'enforced', coalesce((to_jsonb(o) ->> 'conenforced')::bool, true))
FROM pg_constraint o
JOIN wanted n ON n.oid = o.connamespace
LEFT JOIN relation r ON r.oid = o.conrelid
WHERE o.contype IN ('c', 'f', 'p', 'u', 'x') AND (r.oid IS NOT NULL OR o.contypid <> 0)
UNION ALL
SELECT 'index', r.qualified, jsonb_build_object(
  'table', i.indrelid::regclass::text,
  'definition', pg_get_indexdef(i.indexrelid),
  'unique', i.indisunique,
  'valid', i.indisvalid,
  'ready', i.indisready,
  'clustered', i.indisclustered,
  'replica_identity', i.indisreplident)
FROM relation r JOIN pg_index i ON i.indexrelid = r.oid
WHERE r.relkind IN ('i', 'I')
UNION ALL
SELECT 'trigger', format('%%s.%%s', r.qualified, t.tgname), jsonb_build_object(
  'definition', pg_get_triggerdef(t.oid),
  'enabled', CASE t.tgenabled WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled'
             WHEN 'R' THEN 'on replicas only' ELSE 'always' END)
FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'rule', format('%%s.%%s', r.qualified, w.rulename), jsonb_build_object(
  'definition', pg_get_ruledef(w.oid),
  'enabled', w.ev_enabled::text)
FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
UNION ALL
SELECT 'view', qualified, jsonb_build_object(
  'definition', pg_get_viewdef(oid),
  'columns', (SELECT jsonb_agg(format('%%s %%s', a.attname, format_type(a.atttypid, a.atttypmod))
                               ORDER BY a.attnum)
              FROM pg_attribute a WHERE a.attrelid = relation.oid AND a.attnum > 0),
  'materialized', relkind = 'm',
  'populated', relispopulated,
  'security_invoker', EXISTS (
    SELECT FROM pg_options_to_table(reloptions)
    WHERE option_name = 'security_invoker' AND lower(option_value) IN ('true', 'on', '1', 'yes')),
  'options', (SELECT jsonb_agg(o ORDER BY o) FROM unnest(reloptions) o
              WHERE o NOT LIKE 'security_invoker=%%'),
  'owner', pg_get_userbyid(relowner))
FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'sequence', r.qualified, jsonb_build_object(
  'type', format_type(s.seqtypid, NULL),
  'start', s.seqstart::text, 'increment', s.seqincrement::text,
  'min', s.seqmin::text, 'max', s.seqmax::text, 'cache', s.seqcache::text, 'cycle', s.seqcycle,
  'owned_by', (SELECT format('%%s.%%s', d.refobjid::regclass::text, a.attname)
               FROM pg_depend d
               JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
               WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid
                 AND d.deptype IN ('a', 'i') LIMIT 1),
  'owner', pg_get_userbyid(r.relowner))
FROM relation r JOIN pg_sequence s ON s.seqrelid = r.oid
UNION ALL
SELECT 'function', qualified, jsonb_build_object(
  'definition', pg_get_functiondef(oid),
  'owner', pg_get_userbyid(proowner))
FROM routine
UNION ALL
SELECT 'policy', format('%%s.%%s', r.qualified, p.polname), jsonb_build_object(
  'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
             WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  'permissive', p.polpermissive,
  'roles', (SELECT jsonb_agg(CASE g.role WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.role) END
                             ORDER BY 1) FROM unnest(p.polroles) AS g(role)),
  'using', pg_get_expr(p.polqual, p.polrelid),
  'check', pg_get_expr(p.polwithcheck, p.polrelid))
FROM relation r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT 'type', format('%%s.%%s', n.nspname, t.typname), jsonb_build_object(
  'kind', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range'
          ELSE 'composite' END,
  'definition', CASE t.typtype
    WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = t.oid)
    WHEN 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
                            CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                            'DEFAULT ' || t.typdefault)
    WHEN 'r' THEN (SELECT format_type(g.rngsubtype, NULL) FROM pg_range g WHERE g.rngtypid = t.oid)
    ELSE (SELECT string_agg(format('%%s %%s', a.attname, format_type(a.atttypid, a.atttypmod)),
                            ', ' ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0
            AND NOT a.attisdropped) END,
  'owner', pg_get_userbyid(t.typowner))
FROM pg_type t
JOIN wanted n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
UNION ALL
SELECT 'statistics', format('%%s.%%s', n.nspname, s.stxname), jsonb_build_object(
  'definition', pg_get_statisticsobjdef(s.oid))
FROM pg_statistic_ext s JOIN wanted n ON n.oid = s.stxnamespace
UNION ALL
-- Grants: of relations, functions and schemas, those that stand by default included.
SELECT 'grant', format('%%s %%s to %%s', o.what, o.name,
                       CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END),
  jsonb_build_object('privileges', jsonb_agg(
    x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END
    ORDER BY x.privilege_type, x.is_grantable))
FROM (
  SELECT CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view'
         ELSE 'table' END,
         qualified,
         coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
  FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  UNION ALL
  SELECT 'function', qualified, coalesce(proacl, acldefault('f', proowner)) FROM routine
  UNION ALL
  SELECT 'schema', nspname::text, coalesce(nspacl, acldefault('n', nspowner)) FROM wanted
) AS o (what, name, acl)
CROSS JOIN LATERAL aclexplode(o.acl) x
GROUP BY o.what, o.name, x.grantee
UNION ALL
SELECT 'default grant', format('%%s in %%s for %%s to %%s', d.defaclobjtype,
                               coalesce(n.nspname, 'every schema'), pg_get_userbyid(d.defaclrole),
                               CASE x.grantee WHEN 0 THEN 'PUBLIC'
                               ELSE pg_get_userbyid(x.grantee) END),
  jsonb_build_object('privileges', jsonb_agg(x.privilege_type ORDER BY x.privilege_type))
FROM pg_default_acl d
LEFT JOIN wanted n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) x
WHERE d.defaclnamespace = 0 OR n.oid IS NOT NULL
GROUP BY d.defaclobjtype, n.nspname, d.defaclrole, x.grantee
UNION ALL
SELECT 'event trigger', evtname::text, jsonb_build_object(
  'event', evtevent, 'enabled', evtenabled::text, 'function', evtfoid::regproc::text)
FROM pg_event_trigger
UNION ALL
SELECT 'extension', e.extname::text, jsonb_build_object(
  'version', e.extversion, 'schema', n.nspname)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
UNION ALL
-- Settings of this database and of roles. What is no setting of the server itself may be a secret
-- (app.jwt_secret): of those only so much is kept as shows that it changed.
SELECT 'setting',
  concat_ws(' ', parameter,
            CASE WHEN s.setrole <> 0 THEN 'of role ' || pg_get_userbyid(s.setrole) END,
            CASE WHEN s.setdatabase <> 0 THEN 'of this database' END),
  jsonb_build_object('value', CASE WHEN parameter LIKE '%%.%%'
    THEN 'not shown, sha256 ' || left(encode(sha256(convert_to(value, 'UTF8')), 'hex'), 6)
    ELSE value END)
FROM pg_db_role_setting s
CROSS JOIN LATERAL unnest(s.setconfig) AS pair
CROSS JOIN LATERAL (SELECT split_part(pair, '=', 1), substr(pair, strpos(pair, '=') + 1))
  AS setting (parameter, value)
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
