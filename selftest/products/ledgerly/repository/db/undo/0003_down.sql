DROP VIEW billing.open_invoices;
DROP TABLE public.reminders;
